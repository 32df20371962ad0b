# Two commands do everything on a fresh Debian 12 with Swift 6.2 or newer:
#
#   make run    install what is missing, build, and run the daemon on the embedded lab against this repository
#   make test   install what is missing, build, and run all tests

SHELL := /bin/bash
DATA_DIR ?= .build/demo
LISTEN ?= 127.0.0.1:8080
TIME_SCALE ?= 20
PACKAGES := libcurl4-openssl-dev libgit2-dev libre2-dev libsqlite3-dev libyaml-dev pkg-config zlib1g-dev
IMPORT_CHECK := --explicit-target-dependency-import-check error

.PHONY: run build release test lint format dependencies clean

run: release
	@mkdir -p $(DATA_DIR)
	.build/release/martlet run --repo . --branch "$$(git symbolic-ref --short HEAD)" --lab --listen $(LISTEN) \
		--data-dir $(DATA_DIR) --kubeconfig-out $(DATA_DIR)/kubeconfig --time-scale $(TIME_SCALE)

build: dependencies
	swift build $(IMPORT_CHECK)

release: dependencies
	swift build -c release --product martlet

# Tests that all run at once starve each other of time where there are few processors. Compilers that can't limit them
# run them as they did.
WIDTH = $$(swift test --help-hidden 2>/dev/null | grep -q -- --experimental-maximum-parallelization-width && \
	echo --experimental-maximum-parallelization-width 4)

# The end-to-end tests run whole fleets as processes: one after the other, so that none waits for another's share.
test: dependencies
	swift build --build-tests $(IMPORT_CHECK)
	swift test $(IMPORT_CHECK) --skip EndToEndTests $(WIDTH)
	swift test $(IMPORT_CHECK) --filter EndToEndTests --no-parallel

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format -i --recursive Package.swift Sources Tests

# The system libraries that the package links. Installs only what is not there.
dependencies:
	@missing=""; for package in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "installing$$missing"; \
		sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
		$$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq $$missing; \
	fi

clean:
	rm -rf .build
