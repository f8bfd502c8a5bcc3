# build       the think2seg command, optimised
# test        everything that must hold; needs no Python and no GPU
# install     the command with all that it needs below PREFIX, $HOME/.local if not given; DESTDIR stands before it
# uninstall   takes that away again
# quickstart  shows reinforcement learning working, in about ten minutes: scenes, GRPO, report
# lint        format, storeys, sizes, fixtures against their hashes, the list of traps against the tests
# reference   Documentation/configuration.md and glossary.md from the tables in the code
# docs        the API reference, as HTML below .build/docs
#
# BUILD=debug builds and installs without optimisation.
.PHONY: setup build test install uninstall quickstart lint reference docs clean

BUILD ?= release
PREFIX ?= $(HOME)/.local
export BUILD PREFIX DESTDIR

setup:
	@scripts/setup

build: setup
	swift build -c $(BUILD) --explicit-target-dependency-import-check error

test:
	@scripts/setup --browser
	swift test --explicit-target-dependency-import-check error

install: build
	@scripts/install

uninstall:
	@scripts/install --remove

quickstart: build
	.build/$(BUILD)/think2seg quickstart

lint:
	swift format lint --strict --recursive --parallel Package.swift Plugins Sources Tests
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
