import sys

for line in sys.stdin.buffer.read().decode().splitlines():
    kind, *f = line.split("\t")
    params = dict(zip(f[3::2], f[4::2]))
    if kind == "v5":
        print(sign_v5(f[0], params, f[1], f[2]))
    elif kind == "v3":
        print(sign_v3(f[0], f[1]))
    elif kind == "openapi":
        print(sign_openapi(f[0], f[1], params, f[2]))
