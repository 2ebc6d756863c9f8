//! Compiles `proto/` with protox, so that no protoc has to be installed.

use std::path::{Path, PathBuf};
use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    let root = Path::new("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let files = [
        "onestop/account/v1/account.proto",
        "onestop/bundle/v1/bundle.proto",
        "onestop/claim/v1/claim.proto",
        "onestop/error/v1/error.proto",
        "onestop/journal/v1/journal.proto",
        "onestop/payer/v1/payer.proto",
        "onestop/register/v1/register.proto",
        "onestop/register/v1/upkeep.proto",
        "onestop/settlement/v1/settlement.proto",
    ];
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_source_info(true).include_imports(true).open_files(files)?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    let code = tonic_prost_build::configure().build_transport(false).bytes(".onestop.bundle.v1");
    code.compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}
