# apmatrix. `make demo` shows it, `make test` proves it; `make help` lists the rest.

SHELL       := /bin/bash
SWIFT       ?= swift
# debug or release
CONFIG      ?= debug
# more arguments for every build, such as JOBS="-j 1"
JOBS        ?=
PREFIX      ?= /usr/local
DESTDIR     ?=
# where mount(8) finds helpers: it looks into /sbin, which nowadays is a link to this. Empty: no helper
SBINDIR     ?= /usr/sbin
HELPER      := $(DESTDIR)$(SBINDIR)/mount.fuse.apmatrix

# where a newcomer mounts
DEMO        := mountpoints/default/sys
# a build for others has the Swift runtime and libyaml in it, and a place of its own
INSTALL     := --configuration release --static-swift-stdlib --scratch-path .build/install

.PHONY: help deps clients build demo stop test tsan soak nightly fidelity locking bench fuzz fmt install uninstall check examples

help:
	@printf '%s\n' \
	    'make demo       install what is missing, build, mount $(DEMO), show a tour, leave it mounted' \
	    'make stop       unmount everything below mountpoints/' \
	    'make test       install what is missing, build, run all tests' \
	    'make build      build (CONFIG=release for a fast one)' \
	    'make deps       install the Debian packages that are missing' \
	    'make clients    install the programs that are tested on it, from Debian (s390x programs into .build/clients)' \
	    'make tsan       run all tests under the thread sanitizer' \
	    'make nightly    hours: every recording mounted, more schedules, longer random walks, kills, a soak, the fuzzers, the thread sanitizer, one processor; SEED=N again' \
	    'make soak       servers of three releases work for HOURS=24 (or SOAK=60 seconds), and must stay what they are; SEED=N again' \
	    'make fidelity   write the tables of files and differences in docs/FIDELITY.md' \
	    'make locking    write the table of locks in docs/LOCKING.md' \
	    'make bench      run the benchmarks' \
	    'make fuzz       fuzz every parser, FUZZ_SECONDS=1800 each; findings are left in Fuzzing/Findings' \
	    'make check      format, imports, comments, links, shell scripts: what .ci/run checks before the tests' \
	    'make examples   build and run the packages of outsiders in Examples/' \
	    'make fmt        format the sources in place' \
	    'make install    install a release build below $$(DESTDIR)$$(PREFIX), now $(DESTDIR)$(PREFIX);' \
	    '                mount(8) finds it by a link in $$(DESTDIR)$$(SBINDIR), now $(DESTDIR)$(SBINDIR)' \
	    'make uninstall  take it away again'

deps:
	@scripts/deps

clients:
	@scripts/clients

build: deps
	$(SWIFT) build --configuration $(CONFIG) --product apmatrix $(JOBS)

demo: build
	@scripts/tour "$$($(SWIFT) build --configuration $(CONFIG) --show-bin-path)/apmatrix" $(DEMO)

stop:
	@scripts/unmount mountpoints

# One runner runs everything, and has the last word: .ci/run depends on that.
test: deps
	@$(SWIFT) test --disable-xctest $(JOBS)

# the sanitizer makes everything ten times as slow, so the explorer looks at fewer schedules; and it does not survive the fork of a run
tsan: deps
	@TSAN_OPTIONS="suppressions=$(CURDIR)/Tests/thread-sanitizer.txt" INTERLEAVINGS=$${INTERLEAVINGS:-4} \
	    $(SWIFT) test --disable-xctest --sanitize thread --scratch-path .build/tsan $(JOBS) \
	    --skip RunTests --skip ClientTests --skip InterruptionTests --skip PrivilegeTests --skip TrustTests --skip ScarcityTests \
	    --skip BootOptionTests --skip PathTests

# What takes too long for every change, each with one seed that is printed first: `make nightly SEED=N` does the same again.
# One part that fails does not keep the others from running.
SEED        ?= $(shell date +%Y%m%d)
nightly: deps
	@scripts/nightly $(SEED)

# A day of work, which docs/RELIABILITY.md promises something for. The build is a fast one, as a day has only so many operations.
HOURS       ?= 24
SOAK        ?=
soak: deps
	$(SWIFT) build --configuration release --product apmatrix $(JOBS)
	$(SWIFT) build --configuration release --product apmatrix-stress $(JOBS)
	@"$$($(SWIFT) build --configuration release --show-bin-path)/apmatrix-stress" soak --seed $(SEED) \
	    $(if $(SOAK),--seconds $(SOAK),--hours $(HOURS))

fidelity: deps
	@UPDATE_DOCS=1 $(SWIFT) test --disable-xctest $(JOBS) --filter "FidelityTests|PossibleFilesTests"

locking: deps
	@UPDATE_DOCS=1 $(SWIFT) test --disable-xctest $(JOBS) --filter LockTableTests

bench: deps
	Benchmarks/run

# half an hour for each parser, if FUZZ_SECONDS does not say otherwise
fuzz: deps
	@Fuzzing/run

check:
	@scripts/deps shellcheck python3
	@scripts/check

# what an outsider's package sees; it must link no libfuse
examples: deps
	@scripts/examples

fmt:
	$(SWIFT) format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks Fuzzing Examples

# the linker takes the static libyaml where it is alone in the first directory; without one, the link leads nowhere, and it takes the shared one
install: deps
	mkdir -p .build/static
	ln -sf "$$(pkg-config --variable=libdir yaml-0.1)/libyaml.a" .build/static/libyaml.a
	printf '%s\n' 'Name: yaml' 'Description: libyaml' 'Version: 0.1' "Cflags: $$(pkg-config --cflags yaml-0.1)" \
	    "Libs: -L$(CURDIR)/.build/static $$(pkg-config --libs yaml-0.1)" > .build/static/yaml-0.1.pc
	PKG_CONFIG_PATH="$(CURDIR)/.build/static$${PKG_CONFIG_PATH:+:$$PKG_CONFIG_PATH}" $(SWIFT) build $(INSTALL) --product apmatrix $(JOBS)
	install -D -s -m 0755 "$$($(SWIFT) build $(INSTALL) --show-bin-path)/apmatrix" "$(DESTDIR)$(PREFIX)/bin/apmatrix"
	@[ -z "$(SBINDIR)" ] || { install -d "$(DESTDIR)$(SBINDIR)" && ln -sfn "$(PREFIX)/bin/apmatrix" "$(HELPER)"; } || \
	    echo "no $(HELPER): 'mount -t fuse.apmatrix' and fstab will not find the program; install as root, or with SBINDIR=" >&2

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/apmatrix"
	@[ -z "$(SBINDIR)" ] || rm -f "$(HELPER)"
