# SPDX-License-Identifier: Apache-2.0
PREFIX ?= /usr/local
DESTDIR ?=
SECONDS ?= 600
LOAD ?= 200
VM_SHORT := short
VM_TESTS ?=
ROOTFS := $(CURDIR)/.cache/rootfs
IPCELL := $(CURDIR)/dist/ipcell/bin/ipcell
C_FILES := $(wildcard shim/src/main/c/*.[ch] shim/src/test/c/*.c bench/*.c)
MVN = JAVA_HOME=$$(scripts/find-jdk) mvn -B -q

# As root every test runs; the others are left out aloud.
ifeq ($(shell id -u),0)
GROUPS :=
else
GROUPS := -DexcludedGroups=root
endif

.PHONY: all
all: deps ## build dist/ipcell (the default)
	@JAVA_HOME=$$(scripts/find-jdk) && export JAVA_HOME && \
	{ [ -e "dist/ipcell/lib/ipcell/ipcell-$$(scripts/build-id).aot" ] || mvn -B -q -pl systemd,datagrams -am package -Dmaven.test.skip=true; } && \
	scripts/make-dist

.PHONY: demo
demo: all ## install what is missing, build, and show what an IPC namespace does
	@IPCELL=$(IPCELL) examples/ipc-walkthrough/run.sh

.PHONY: test
test: all rootfs check-format-c ## install what is missing, build, and run all tests
	@$(MAKE) -s -C shim/src/main/c O=$(CURDIR)/target/c sanitize
	@$(MAKE) -s -C shim/src/test/c O=$(CURDIR)/target/c SECONDS=10 fuzz
	@[ "$$(id -u)" = 0 ] || echo "not root: the privileged tests (tag root) are left out; run this as root for all"
	@rm -rf */target/surefire-reports
	@status=0; $(MVN) verify $(GROUPS) \
		-Dipcell.dist=$(CURDIR)/dist/ipcell -Dipcell.executor=$(IPCELL) \
		-Dipcell.executor.sanitized=$(CURDIR)/target/c/ipcell-sanitized \
		-Dipcell.rootfs.busybox=$(ROOTFS)/busybox -Dipcell.rootfs.debian=$(ROOTFS)/debian || status=$$?; \
	scripts/summarize-tests && [ $$status = 0 ] || exit 1
	@$(MAKE) -s test-vm VM_TESTS="$(VM_SHORT)"
	@[ "$$(id -u)" != 0 ] || $(MAKE) -s test-systemd

.PHONY: test-vm
test-vm: all rootfs ## run the tests that need a machine with nothing but cgroup version 2, emulated (VM_TESTS: names in vm/tests)
	@scripts/install-deps vm
	@vm/boot $(VM_TESTS)

.PHONY: test-systemd
test-systemd: all rootfs ## run the tests with a real systemd, in namespaces of this machine (as root)
	@scripts/install-deps vm
	@vm/native $(basename $(notdir $(wildcard vm/tests/systemd-*.sh)))

.PHONY: test-warm
test-warm: all rootfs ## run the tests of the runtime once more with a resident planner that answers (as root)
	@place=$$(mktemp -d /tmp/ipcell-warm.XXXXXX); export IPCELL_PLANNER=$$place/d/socket; status=1; $(IPCELL) planner start && status=0 && \
	{ $(MVN) -pl runtime-core -am test -Dipcell.planner=$$IPCELL_PLANNER -Dsurefire.failIfNoSpecifiedTests=false \
		-Dtest='dev.ipcell.runtime.*Test,!InstallTest' \
		-Dipcell.dist=$(CURDIR)/dist/ipcell -Dipcell.executor=$(IPCELL) \
		-Dipcell.rootfs.busybox=$(ROOTFS)/busybox -Dipcell.rootfs.debian=$(ROOTFS)/debian || status=$$?; } && \
	{ $(IPCELL) planner status | grep -q '^requests: [0-9]\{4,\}' || { echo "test-warm: the planner was hardly asked" >&2; status=1; }; }; \
	$(IPCELL) planner stop; rm -rf $$place; exit $$status

.PHONY: test-load
test-load: all rootfs ## LOAD containers (default 200) by eight workers at once, through Docker and directly
	@$(MVN) -pl engine-tests test -Dtest=LoadTest -Dipcell.load=$(LOAD)

.PHONY: fuzz
fuzz: deps ## fuzz the executor's decoder, the planner's, and the reader of config.json for SECONDS (default 600) each
	@$(MAKE) -s -C shim/src/test/c O=$(CURDIR)/target/c SECONDS=$(SECONDS) fuzz
	@$(MVN) -pl runtime-core -am test -Dtest=FuzzTest -Dsurefire.failIfNoSpecifiedTests=false -Dipcell.fuzz.seconds=$(SECONDS)
	@sed -n 's/^Done \([0-9]*\) runs.*/the planner withstood this many inputs of the fuzzer: \1/p' runtime-core/target/fuzz/*.log

.PHONY: bench
bench: all rootfs ## measure against runc and crun in the same run (BENCH: cases of docs/performance.md)
	@JAVA_HOME=$$(scripts/find-jdk) IPCELL=$(IPCELL) ROOTFS=$(ROOTFS)/busybox bench/run.sh

.PHONY: format
format: ## format Java and C
	@$(MVN) spotless:apply
	@clang-format-14 -i $(C_FILES)

.PHONY: check-format-c
check-format-c:
	@clang-format-14 --dry-run -Werror $(C_FILES)

.PHONY: rootfs
rootfs: deps
	@mkdir -p $(ROOTFS)
	@scripts/make-busybox-rootfs $(ROOTFS)/busybox
	@[ "$$(id -u)" != 0 ] || scripts/make-debian-rootfs $(ROOTFS)/debian

.PHONY: install
install: ## install below PREFIX (default /usr/local); run make first
	@[ -x $(IPCELL) ] || { echo "nothing is built yet: run make first" >&2; exit 1; }
	@mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib
	@rm -rf $(DESTDIR)$(PREFIX)/lib/ipcell
	@cp -a dist/ipcell/lib/ipcell $(DESTDIR)$(PREFIX)/lib/ipcell
	@install -m 0755 $(IPCELL) $(DESTDIR)$(PREFIX)/bin/ipcell
	@mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system
	@install -m 0644 packaging/ipcell-planner.socket $(DESTDIR)$(PREFIX)/lib/systemd/system/
	@sed 's|@PREFIX@|$(PREFIX)|' packaging/ipcell-planner.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/ipcell-planner.service

.PHONY: uninstall
uninstall: ## remove what install installed
	@rm -rf $(DESTDIR)$(PREFIX)/lib/ipcell $(DESTDIR)$(PREFIX)/bin/ipcell $(DESTDIR)$(PREFIX)/lib/systemd/system/ipcell-planner.*

.PHONY: clean
clean: ## remove everything that was built, but for the cached root file systems
	@rm -rf dist target */target

.PHONY: deps
deps:
	@scripts/install-deps

.PHONY: help
help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1: \2/p' Makefile
