// A back end of the OIDB bus in Node: the command 0xe10_1 of ../motto, over Connect. The platform routes the command to it, by a line in the
// file that its setting oidb.routes names:
//
//   0xe10_1: {backend: connect+http://127.0.0.1:8712, protobuf: true}
//
//   npm ci && node motto.js 127.0.0.1:8712 mottos.json
//
// A call of Connect is a POST of the request; the platform sends protobuf, and curl may send JSON:
//
//   curl -s http://127.0.0.1:8712/rookery.oidb.Commands/0xe10_1 -H 'Content-Type: application/json' -d '"2134"'
//
// It believes its callers, so it listens to this machine only.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";

const mostBytes = 64 << 10; // of a request

// Failure is a result of a command other than 0. Its code is Connect's, for programs that know nothing of OIDB.
class Failure extends Error {
	constructor(code, status, result, text) {
		super(text);
		Object.assign(this, { code, status, result });
	}

	// body returns the error as Connect writes it. The detail, rookery.oidb.Result, has the result and the words for the caller.
	body() {
		const detail = new BinaryWriter().uint32(1 << 3).uint32(this.result).uint32((2 << 3) | 2).string(this.message).finish();
		const value = Buffer.from(detail).toString("base64").replace(/=+$/, "");
		return JSON.stringify({ code: this.code, message: this.message, details: [{ type: "rookery.oidb.Result", value }] });
	}
}

// The forms of a message, by the media type.
const forms = {
	"application/proto": {
		read: (bytes) => fromBinary(StringValueSchema, bytes),
		write: (message) => toBinary(StringValueSchema, message),
	},
	"application/json": {
		read: (bytes) => fromJson(StringValueSchema, JSON.parse(bytes.toString())),
		write: (message) => JSON.stringify(toJson(StringValueSchema, message)),
	},
};

// motto carries out 0xe10_1.
function motto(guild) {
	if (!Object.hasOwn(mottos, guild)) {
		throw new Failure("unknown", 500, 1001, `guild ${JSON.stringify(guild)} has no motto`);
	}
	return mottos[guild];
}

const commands = { "/rookery.oidb.Commands/0xe10_1": motto };

function readBody(request) {
	return new Promise((resolve, reject) => {
		const parts = [];
		let size = 0;
		request.on("data", (part) => {
			size += part.length;
			if (size <= mostBytes) {
				parts.push(part);
			} else {
				reject(new Failure("invalid_argument", 400, 147, `the request has more than ${mostBytes} bytes`));
			}
		});
		request.on("end", () => resolve(Buffer.concat(parts)));
		request.on("error", reject);
	});
}

async function answer(request, response) {
	const form = forms[request.headers["content-type"]];
	const command = commands[request.url];
	if (request.method !== "POST" || !form) {
		response.writeHead(415).end();
		return;
	}
	try {
		if (!command) {
			throw new Failure("unimplemented", 501, 5, "this back end does not have the command");
		}
		const body = await readBody(request);
		let asked;
		try {
			asked = form.read(body);
		} catch {
			throw new Failure("invalid_argument", 400, 145, "the request is not a StringValue");
		}
		const message = create(StringValueSchema, { value: command(asked.value) });
		response.writeHead(200, { "Content-Type": request.headers["content-type"] }).end(form.write(message));
	} catch (error) {
		if (!(error instanceof Failure)) {
			console.error(error); // its text stays here
			error = new Failure("unavailable", 503, 155, "the back end failed");
		}
		response.writeHead(error.status, { "Content-Type": "application/json", Connection: "close" }).end(error.body());
	}
}

const [listen, file] = process.argv.slice(2);
const at = /^(127\.0\.0\.1):(\d+)$/.exec(listen);
if (!at || !file) {
	console.error("usage: node motto.js 127.0.0.1:PORT FILE");
	process.exit(2);
}
const mottos = JSON.parse(readFileSync(file, "utf8"));
const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 120_000 }, answer);
server.listen(Number(at[2]), at[1], () => {
	console.log(`0xe10_1 is carried out at ${at[1]}:${server.address().port}`);
});
// Calls under way are answered before the end.
for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		server.close();
		server.closeIdleConnections();
	});
}
