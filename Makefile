# apmatrix: see README.md
.PHONY: deps build test

deps:
	@pkg-config --exists fuse3 2>/dev/null || { apt-get update -qq && apt-get install -y -qq libfuse3-dev fuse3 pkg-config; }

build: deps
	swift build

test: deps
	swift test
