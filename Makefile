# build       the think2seg command, optimised
# test        everything that must hold; needs no Python and no GPU
# quickstart  shows reinforcement learning working, in about ten minutes: scenes, GRPO, report
# lint        format, storeys, sizes, fixtures against their hashes, the list of traps against the tests
# reference   Documentation/configuration.md and glossary.md from the tables in the code
# docs        the API reference, as HTML below .build/docs
.PHONY: setup build test quickstart lint reference docs clean

setup:
	@scripts/setup

build: setup
	swift build -c release --explicit-target-dependency-import-check error

test:
	@scripts/setup --browser
	swift test --explicit-target-dependency-import-check error

quickstart: build
	.build/release/think2seg quickstart

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	scripts/check-storeys
	scripts/check-sizes
	scripts/check-fixtures
	scripts/check-traps

reference: setup
	swift build --product think2seg
	.build/debug/think2seg config reference > Documentation/configuration.md
	.build/debug/think2seg glossary --markdown > Documentation/glossary.md

docs: setup
	scripts/docs

clean:
	rm -rf .build
