# jls(8): what is listed, to the byte.

load ../cmd/helper

@test "only what concerns names is said of children: parent and children.cur" {
        check jail -c name=a path=/ persist children.max=3
        check jail -c name=a.b path=/ persist
        check jail -c name=a.b.c path=/ persist
        check -o $'1 a 0 2\n2 a.b 1 1\n3 a.b.c 2 0' jls jid name parent children.cur
}
