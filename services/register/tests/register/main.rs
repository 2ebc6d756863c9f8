//! The register on both kinds of store, through its gRPC service.

#[cfg(test)]
mod agreements;
#[cfg(test)]
mod alterations;
#[cfg(test)]
mod dictionaries;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod files;
#[cfg(test)]
mod given;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod staleness;
#[cfg(test)]
mod together;
#[cfg(test)]
mod trail;
#[cfg(test)]
mod upgrades;
