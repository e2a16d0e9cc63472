# A front for meson and ninja: HACKING.md says more.
#
#       make            builds build/gaol and the links to it
#       make demo       the main job, on this machine          JAILS=300
#       make check      every test
#       make bench      measurements                           JAILS=1000 RUNS=100 ROUNDS=5
#       make install    PREFIX=/usr/local DESTDIR=
#       make clean

PREFIX = /usr/local
DESTDIR =
B = build

all: $(B)/build.ninja
	@ninja -C $(B)
	@ln -sf cmd/gaol $(B)/gaol
	@for l in $(B)/cmd/*; do [ ! -L $$l ] || ln -sf gaol $(B)/$${l##*/}; done

# A directory in which an earlier setup failed is begun anew.
$(B)/build.ninja:
	@sh tools/setup build
	@rm -rf $(B)/meson-private $(B)/meson-info
	meson setup $(B)

demo:
	@sh tools/setup build demo
	@$(MAKE) --no-print-directory all
	@demo/run

check:
	@tools/check

bench:
	@sh tools/setup build bench
	@$(MAKE) --no-print-directory all
	@bench/run

install: all
	@meson configure $(B) -Dprefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(B)

clean:
	rm -rf build build-clang build-asan build-fuzz

.PHONY: all demo check bench install clean
