# The whole of doorbell's building, testing and installing. `make help` lists the targets.

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
BUILT := $(or $(CARGO_TARGET_DIR),target)

.DEFAULT_GOAL := help
.PHONY: help demo build test format lint units docs soak fuzz behaviours bench man install uninstall clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

demo: build ## build doorbell and show it at work on a sample desk in demo/
	@$(BUILT)/release/doorbell demo demo

build: ## build the release binary
	$(CARGO) build --release --locked --bin doorbell

test: format lint units docs ## everything that must hold: format, lints, tests, documentation

format:
	$(CARGO) fmt --check

lint:
	$(CARGO) clippy --locked --all-targets -- -D warnings

# nextest runs the tests of all files at once; without it cargo's own runner does the same work
units:
	@sink=$$(.ci/smtp-sink) && chromium=$$(.ci/chromium) && python=$$(.ci/python-checks) && \
	postgresql=$$(.ci/postgresql) && mariadb=$$(.ci/mariadb) && \
	pgbouncer=$$(.ci/pgbouncer) && faketime=$$(.ci/faketime) && \
	export DOORBELL_SMTP_SINK="$$sink" DOORBELL_CHROMIUM="$$chromium" DOORBELL_CHECK_PYTHON="$$python" \
	DOORBELL_POSTGRESQL_BIN="$$postgresql" DOORBELL_MARIADB_BIN="$$mariadb" \
	DOORBELL_PGBOUNCER="$$pgbouncer" DOORBELL_FAKETIME="$$faketime" && \
	if $(CARGO) nextest --version >/dev/null 2>&1; \
	then $(CARGO) nextest run --locked --no-fail-fast; \
	else $(CARGO) test --locked --no-fail-fast --lib --bins --tests; \
	fi

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

soak: ## race, kill, cut the power and fail every call over many people, then fuzz: about three quarters of an hour
	DOORBELL_SOAK=1 $(CARGO) test --release --locked --test crash -- --nocapture --test-threads=1
	@.ci/fuzz $(FUZZ_SECONDS)

fuzz: ## feed invented inputs to every fuzz target, FUZZ_SECONDS each (default 60)
	@.ci/fuzz $(FUZZ_SECONDS)

behaviours: ## list which tests keep which promised behaviour
	@.ci/behaviours

bench: ## measure passes beside django-post_office and Postfix's own sender, and kill them (builds with LTO first)
	@sink=$$(.ci/smtp-sink) && python=$$(.ci/post-office) && h2load=$$(.ci/h2load) && \
	export DOORBELL_SMTP_SINK="$$sink" DOORBELL_BENCH_PYTHON="$$python" DOORBELL_H2LOAD="$$h2load" && $(CARGO) bench --locked --bench pass

man: ## renew the manual pages from the help and the example settings
	$(CARGO) run --quiet --locked -- man doorbell > man/doorbell.1
	$(CARGO) run --quiet --locked -- man doorbell.toml > man/doorbell.toml.5

install: ## install program, manual pages and completions under PREFIX (default /usr/local)
	$(CARGO) build --profile dist --locked --bin doorbell
	install -Dm755 $(BUILT)/dist/doorbell $(DESTDIR)$(PREFIX)/bin/doorbell
	install -Dm644 man/doorbell.1 $(DESTDIR)$(PREFIX)/share/man/man1/doorbell.1
	install -Dm644 man/doorbell.toml.5 $(DESTDIR)$(PREFIX)/share/man/man5/doorbell.toml.5
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(BUILT)/dist/doorbell completions bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/doorbell
	$(BUILT)/dist/doorbell completions zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_doorbell
	$(BUILT)/dist/doorbell completions fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/doorbell.fish

uninstall: ## take away what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/doorbell $(DESTDIR)$(PREFIX)/share/man/man1/doorbell.1 \
	  $(DESTDIR)$(PREFIX)/share/man/man5/doorbell.toml.5 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/doorbell \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_doorbell \
	  $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/doorbell.fish

clean: ## remove what was built, and the demo
	$(CARGO) clean
	rm -rf demo
