# The two commands of a fresh machine are `make settle` and `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

DATA ?= target/example-data
ONESTOP := target/debug/onestop

.PHONY: settle test setup build lint format serve bench counts counts-accept clean-data

## Settle the sample cases in process on the embedded store and print the statements.
settle: build
	$(ONESTOP) import --data $(DATA) examples/register/*.csv
	$(ONESTOP) settle --data $(DATA) examples/cases/*.json examples/cases/*.jsonl

## Install what is missing, then run every test.
test: setup
	cargo test --workspace --locked

## Install what the tests need beyond Rust: the PostgreSQL server programs, a C compiler for SQLite, valgrind.
setup:
	./setup.sh

build:
	cargo build --locked --package onestop

## Serve the whole platform on the embedded store.
serve: build
	$(ONESTOP) serve --target all --data $(DATA)

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings

format:
	cargo fmt --all

## Measure durable settlements beside the database's own benchmark (docs/benchmark.md); BENCH="--only postgres" and so on.
bench: setup
	cargo build --release --locked --package onestop --package pure-chain --package settlement-bench
	$${CARGO_TARGET_DIR:-target}/release/settlement-bench $(BENCH)

## Count the instructions and allocations of one decision and compare with the accepted figures.
counts: setup
	tests/pure-chain/counts.sh

counts-accept: setup
	tests/pure-chain/counts.sh accept

clean-data:
	rm -rf $(DATA)
