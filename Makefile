# Every target is one command that a person could type. `make help` lists them.

SHELL := bash
export PATH := $(CURDIR)/.tools/bin:$(PATH)

POSTRIDER := cargo run --quiet -p postrider-server --
STAGE := tools/stage.sh

.DEFAULT_GOAL := help
.PHONY: help setup run demo dev test test-real meta-sdk chaos chaos-quick chaos-broken schemathesis fuzz screenshots bench fmt lint tidy

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install tools and system packages, once; quick when nothing is missing
	@tools/setup.sh

run: setup ## build and serve on this machine
	$(POSTRIDER) serve

demo: setup ## serve with simulated networks; needs no account anywhere
	$(POSTRIDER) demo

dev: setup ## work on the web app: it reloads at port 5173, beside a server on ./data/dev
	@tools/dev.sh

test: setup ## format, lints, licences, then every test, on both databases and S3, and in a browser
	@$(STAGE) fmt cargo fmt --all --check
	@$(STAGE) clippy cargo clippy --locked --workspace --all-targets -- -D warnings
	@$(STAGE) deny cargo deny --locked check --hide-inclusion-graph bans licenses sources
	@$(STAGE) build cargo nextest run --locked --workspace --profile ci --no-run
	@$(STAGE) web bash -c 'cd web && npm run check && npm run lint && npm run unit'
	@$(STAGE) test tools/with-postgres.sh tools/with-moto.sh cargo nextest run --locked --workspace --profile ci
	@$(STAGE) requests tools/schemathesis/run.sh
	@$(STAGE) browser tools/with-postgres.sh env POSTRIDER_BIN=$(CURDIR)/target/debug/postrider npm --prefix web run browser

# Modules `real` and `real_server` run against servers that others wrote, which the two scripts install once and start.
# A server that does not start, and a test that would skip, are errors here.
test-real: ## publish to real servers that run here (Node 20, Python 3, libssl-dev; some minutes the first time)
	cargo nextest run --workspace --no-run
	tools/real-pds/run.sh tools/real-nostr/run.sh env POSTRIDER_TEST_REAL=1 \
		cargo nextest run --workspace --no-capture -E 'test(/^real(_server)?::/)'

meta-sdk: setup ## Meta's official SDK against the simulated Facebook and Instagram (Python 3, ffmpeg)
	cargo build --quiet -p postrider-server
	tools/meta-sdk/run.sh

chaos: setup ## break everything around real processes on both databases, and judge it (forty minutes; SEED for another plan)
	cargo build --quiet --profile chaos -p postrider-server -p postrider-chaos
	target/chaos/postrider-chaos run --seed $(or $(SEED),1) --per-kind 200 --deliveries 5000

chaos-quick: setup ## every fault once or twice on both databases (eight minutes)
	cargo build --quiet -p postrider-server -p postrider-chaos
	target/debug/postrider-chaos run --mode quick --seed $(or $(SEED),1) --per-kind 1 --deliveries 100

chaos-broken: setup ## show that fault injection fails when the fence, or the rule on earlier senders, is taken out (twenty minutes)
	tools/chaos-broken.sh

schemathesis: setup ## made-up requests over the whole API, many more than the tests make; SCHEMATHESIS_SEED for others
	cargo build --quiet -p postrider-server
	tools/schemathesis/run.sh 200

fuzz: ## look for bytes that break what must hold, ten minutes each (nightly compiler, cargo-fuzz; FUZZ_SECONDS)
	tools/fuzz.sh

screenshots: setup ## a picture of every screen, in light, dark and phone, in web/screenshots
	cargo build --quiet -p postrider-server
	POSTRIDER_BIN=$(CURDIR)/target/debug/postrider npm --prefix web run screenshots

bench: setup ## measure the figures of the design, each beside its baseline (half an hour, 25 GB of disk)
	cargo build --release -p postrider-server -p postrider-bench
	POSTRIDER_PG_DURABLE=1 tools/with-postgres.sh sh -c 'POSTRIDER_BENCH_PG=$$POSTRIDER_TEST_PG target/release/postrider-bench'

fmt: ## format every crate
	cargo fmt --all

lint: ## clippy, licences and banned crates
	cargo clippy --workspace --all-targets -- -D warnings
	cargo deny check --hide-inclusion-graph bans licenses sources

tidy: ## the tree's own rules, and the table of lengths
	cargo run --quiet -p xtask -- tidy
	cargo run --quiet -p xtask -- stats
