for (const line of require("node:fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const [kind, a, b, c, ...pairs] = line.split("\t");
  const params = {};
  for (let i = 0; i < pairs.length; i += 2) params[pairs[i]] = pairs[i + 1];
  if (kind === "v5") console.log(signV5(a, params, b, c));
  if (kind === "v3") console.log(signV3(a, b));
  if (kind === "openapi") console.log(signOpenAPI(a, b, params, c));
}
