/*
 * Turns an object file of clang's bpf target into C, so that the program needs no
 * ELF reader and no library for it:
 *
 *     gen-bpf NAME FILE.o >NAME_bpf.h
 *
 * Every section "prog.X" is a program X; nothing may be called, and the only
 * symbols it may refer to are maps, undefined ones named map_X. What comes out is
 *
 *     static const struct bpf_image NAME_images[] = { ... };
 *
 * as kern/bpf.h has it, with the places where a map's descriptor is to be put.
 */
#include <elf.h>
#include <err.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef EM_BPF
#define EM_BPF 247
#endif
#define R_64_64 1               /* the 64-bit immediate of two instructions */

static const char *file;
static unsigned char *image;
static size_t image_size;

/* A piece of the file, checked to be in it. */
static const void *at(uint64_t offset, uint64_t size)
{
        if (offset > image_size || size > image_size - offset)
                errx(1, "%s: broken", file);
        return image + offset;
}

static void load(const char *path)
{
        FILE *f = fopen(path, "rb");
        long size;

        file = path;
        if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) < 0)
                err(1, "%s", path);
        image_size = (size_t)size;
        image = malloc(image_size + 1);
        if (!image || fread(image, 1, image_size, f) != image_size)
                err(1, "%s", path);
        image[image_size] = '\0';
        fclose(f);
}

static const Elf64_Shdr *section(unsigned i)
{
        const Elf64_Ehdr *h = at(0, sizeof *h);

        if (i >= h->e_shnum)
                errx(1, "%s: broken", file);
        return at(h->e_shoff + (uint64_t)i * h->e_shentsize, sizeof(Elf64_Shdr));
}

static const char *string(const Elf64_Shdr *table, uint32_t offset)
{
        if (offset >= table->sh_size)
                errx(1, "%s: broken", file);
        return (const char *)at(table->sh_offset, table->sh_size) + offset;
}

static const char *section_name(const Elf64_Shdr *s)
{
        const Elf64_Ehdr *h = at(0, sizeof *h);

        return string(section(h->e_shstrndx), s->sh_name);
}

/* The relocations of section number i, or NULL. */
static const Elf64_Shdr *relocations_of(unsigned i)
{
        const Elf64_Ehdr *h = at(0, sizeof *h);

        for (unsigned k = 0; k < h->e_shnum; k++)
                if (section(k)->sh_type == SHT_REL && section(k)->sh_info == i)
                        return section(k);
        return NULL;
}

static size_t print_uses(const char *name, const char *program, const Elf64_Shdr *rel)
{
        size_t n = rel ? rel->sh_size / sizeof(Elf64_Rel) : 0;
        const Elf64_Rel *r = rel ? at(rel->sh_offset, rel->sh_size) : NULL;
        const Elf64_Shdr *symbols = rel ? section(rel->sh_link) : NULL;

        if (!n)
                return 0;
        printf("static const struct bpf_use %s_%s_uses[] = {", name, program);
        for (size_t i = 0; i < n; i++) {
                const Elf64_Sym *sym = at(symbols->sh_offset + ELF64_R_SYM(r[i].r_info) * sizeof *sym, sizeof *sym);
                const char *symbol = string(section(symbols->sh_link), sym->st_name);

                if (ELF64_R_TYPE(r[i].r_info) != R_64_64 || sym->st_shndx != SHN_UNDEF || strncmp(symbol, "map_", 4) != 0)
                        errx(1, "%s: %s refers to something that is no map: %s", file, program, symbol);
                printf("%s{ %llu, \"%s\" },", i % 4 ? " " : "\n        ",
                       (unsigned long long)r[i].r_offset / sizeof(struct bpf_insn), symbol + 4);
        }
        printf("\n};\n");
        return n;
}

static size_t print_program(const char *name, const char *program, unsigned i)
{
        const Elf64_Shdr *s = section(i);
        const struct bpf_insn *insn = at(s->sh_offset, s->sh_size);
        size_t n = s->sh_size / sizeof *insn;

        printf("static const struct bpf_insn %s_%s[] = {", name, program);
        for (size_t k = 0; k < n; k++)
                printf("%s{ 0x%02x, %u, %u, %d, %d },", k % 4 ? " " : "\n        ", insn[k].code, insn[k].dst_reg,
                       insn[k].src_reg, insn[k].off, insn[k].imm);
        printf("\n};\n");
        return n;
}

int main(int argc, char **argv)
{
        const Elf64_Ehdr *h;

        if (argc != 3)
                errx(2, "usage: gen-bpf NAME FILE.o");
        load(argv[2]);
        h = at(0, sizeof *h);
        if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 || h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != EM_BPF)
                errx(1, "%s: not an object of the bpf target", file);
        printf("/* Made by tools/gen-bpf out of %s.bpf.c. */\n", argv[1]);
        for (int table = 0; table < 2; table++) {
                if (table)
                        printf("static const struct bpf_image %s_images[] = {\n", argv[1]);
                for (unsigned i = 0; i < h->e_shnum; i++) {
                        const char *program = section_name(section(i));
                        const Elf64_Shdr *rel = relocations_of(i);

                        if (section(i)->sh_type != SHT_PROGBITS || strncmp(program, "prog.", 5) != 0)
                                continue;
                        program += 5;
                        if (!table) {
                                print_program(argv[1], program, i);
                                print_uses(argv[1], program, rel);
                                continue;
                        }
                        printf("        { \"%s\", %s_%s, %zu, ", program, argv[1], program,
                               (size_t)(section(i)->sh_size / sizeof(struct bpf_insn)));
                        if (rel)
                                printf("%s_%s_uses, %zu },\n", argv[1], program,
                                       (size_t)(rel->sh_size / sizeof(Elf64_Rel)));
                        else
                                printf("NULL, 0 },\n");
                }
        }
        printf("};\n");
        return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
