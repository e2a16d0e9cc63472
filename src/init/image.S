        .section .rodata
        .globl init_image_start, init_image_end
init_image_start:
        .incbin INIT_IMAGE
init_image_end:
        .section .note.GNU-stack, "", %progbits
