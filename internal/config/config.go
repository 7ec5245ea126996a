// Package config holds the settings of `rookery serve`: one struct, read from a YAML file, the environment and flags. The
// struct's tags are the single source of defaults, names, bounds, help and docs/config.md.
package config

import (
	"net/netip"
	"time"
)

//go:generate go run ./gen

// Config is everything that an operator can set. The tags of a setting: key is its name in the file, def its default,
// doc its documentation; min and max bound numbers and durations; oneof lists the only words that are accepted; is:"URL" marks
// a text that must be the base URL of a web server.
type Config struct {
	Data      string    `key:"data" doc:"Folder of the keys, the admin token and, without a database of its own, everything that the platform stores. Created with mode 0700 when it is missing. Required. Every gateway has its own, with a copy of the same keyring.json."`
	Database  string    `key:"database" is:"database" doc:"Address of the PostgreSQL that the platform stores its data in, which any number of gateways may share, such as postgres://rookery@db1.example,db2.example/rookery?sslmode=verify-full. The password is not in it: it comes from the environment (PGPASSWORD) or from libpq's password file (PGPASSFILE). Its tables are made by rookery migrate up. Empty: rookery.db in the data folder, which one process has to itself."`
	Redis     Redis     `key:"redis" doc:"A Redis or Valkey in which gateways that share a database count calls together, against the rates of apps, users and commands of the bus. Without it each gateway counts its own."`
	HTTP      HTTP      `key:"http" doc:"The doors that games call."`
	Admin     Admin     `key:"admin" doc:"The operators' listener: the admin API, /metrics, /healthz and /readyz."`
	Standings Standings `key:"standings" doc:"The cache of token checks."`
	OIDB      OIDB      `key:"oidb" doc:"The bus for other back ends."`
	MSDKV5    MSDKV5    `key:"msdkv5" doc:"The door of MSDK V5."`
	MSDKV3    MSDKV3    `key:"msdkv3" doc:"The door of MSDK V3."`
	OpenAPI   OpenAPI   `key:"openapi" doc:"The door of OpenAPI V3."`
	Messages  Messages  `key:"messages" doc:"Messages between friends."`
	Connect   Connect   `key:"connect" doc:"The doors of OAuth 2.0."`
	Pages     Pages     `key:"pages" doc:"The pages for people."`
	Groups    Groups    `key:"groups" doc:"The group platform, where QQ groups are."`
	Events    Events    `key:"events" doc:"The stream of events about bindings of guilds and groups: to a file or to a webhook, at least once each and in their order. Without either, events are removed."`
	Tracing   Tracing   `key:"tracing" doc:"Traces of requests, from the door to the database, for a collector of OpenTelemetry. Off without tracing.endpoint."`
	Memory    Memory    `key:"memory" doc:"The memory of the process."`
	Stop      Stop      `key:"stop" doc:"What happens between SIGTERM, or an interrupt, and the end. Another signal, a second or more later, ends the platform at once."`
	Log       Log       `key:"log" doc:"The log on standard error: one event per request."`
}

// Redis are the settings of the rates that gateways share.
type Redis struct {
	Address      string        `key:"address" is:"Redis" doc:"Address, such as rediss://rookery@redis.example:6379, or with several hosts those of a Redis Cluster: rediss://r1.example,r2.example. Without TLS, as redis://127.0.0.1:6379 or unix:///run/redis/redis.sock, it is on this machine. The start does not need it. Empty: rates are counted at each gateway."`
	PasswordFile string        `key:"password_file" doc:"File with the password, mode 0600. Empty: that of the environment's REDISCLI_AUTH, or none."`
	TLS          RedisTLS      `key:"tls" doc:"The connections to an address with rediss. The files are read again when they change."`
	Prefix       string        `key:"prefix" def:"rookery" doc:"What all keys begin with. Platforms that share a Redis need prefixes of their own; the gateways of one platform have the same."`
	Timeout      time.Duration `key:"timeout" def:"50ms" min:"1ms" max:"10s" doc:"How long a call waits to be counted. After five that waited in vain, calls do not wait until Redis answers again."`
	Apps         string        `key:"apps" def:"local" oneof:"local open closed" doc:"What becomes of calls that have a rate of their app while Redis is away. local: each gateway counts its own. open: they are let through. closed: they fail, with the code of a platform that fails."`
	Users        string        `key:"users" def:"local" oneof:"local open closed" doc:"The same for rates of users."`
	Commands     string        `key:"commands" def:"local" oneof:"local open closed" doc:"The same for rates of the bus's commands."`
}

// On reports whether gateways share rates.
func (r Redis) On() bool { return r.Address != "" }

// RedisTLS names the files with which Redis is called.
type RedisTLS struct {
	Certificate string `key:"certificate" doc:"PEM file with the certificate that is shown to Redis, which asks for one unless its tls-auth-clients is no, and the intermediate ones after it."`
	Key         string `key:"key" doc:"PEM file with the certificate's private key; mode 0600."`
	CA          string `key:"ca" doc:"PEM file with the authorities of Redis's certificate. Empty: those that this machine trusts."`
}

// HTTP are the settings of the public doors.
type HTTP struct {
	Listen             string         `key:"listen" def:"127.0.0.1:8700" doc:"HOST:PORT of the public doors. An empty host listens on all addresses, port 0 on any free port."`
	PublicURL          string         `key:"public_url" is:"URL" doc:"Base URL at which players' devices reach the public doors, such as https://play.example. Addresses that the platform gives out begin with it, such as the picture of an account without one of its own. Empty: http.listen, which may be reachable only from this machine."`
	TLS                TLS            `key:"tls" doc:"Serve HTTPS. Both files or none. They are read again when they change; a pair that cannot be used is logged and the old one kept."`
	HSTS               time.Duration  `key:"hsts" def:"8760h" min:"0s" max:"17520h" doc:"For how long answers over HTTPS tell browsers to use nothing else at this host name (Strict-Transport-Security). It holds for all ports of the name, so 0s if something else there has plain HTTP."`
	TrustedProxies     []netip.Prefix `key:"trusted_proxies" doc:"Address ranges of your own proxies. Forwarding headers count only on connections from them, and the caller is the right-most address in the header that is not one of them."`
	ProxyHeaders       string         `key:"proxy_headers" def:"x-forwarded" oneof:"x-forwarded forwarded" doc:"Which headers your proxies write: x-forwarded stands for X-Forwarded-For and X-Forwarded-Proto, forwarded for RFC 7239. The other kind is ignored, since a proxy passes on what a caller put there."`
	MaxConnections     int            `key:"max_connections" def:"10000" min:"1" max:"1000000" doc:"Maximum number of open connections. A new one above it takes the place of one that waits between requests; without such a one it is closed as soon as it comes."`
	AddressConnections int            `key:"connections_per_address" def:"2000" min:"1" max:"1000000" doc:"Maximum number of open connections from one address, or from one IPv6 network of 64 bits, so that no single caller holds them all. Those above it are closed as soon as they come. It does not hold for trusted_proxies."`
	MaxHeaderBytes     int            `key:"max_header_bytes" def:"16384" min:"4096" max:"1048576" doc:"Maximum size of a request's line and headers, in bytes. Bodies have at most 64 KiB."`
	HeaderTimeout      time.Duration  `key:"header_timeout" def:"5s" min:"100ms" max:"1m" doc:"Time for a request's headers to arrive."`
	ReadTimeout        time.Duration  `key:"read_timeout" def:"10s" min:"100ms" max:"10m" doc:"Time for a whole request to arrive."`
	WriteTimeout       time.Duration  `key:"write_timeout" def:"15s" min:"100ms" max:"10m" doc:"Time from a request's headers to the end of its answer."`
	IdleTimeout        time.Duration  `key:"idle_timeout" def:"2m" min:"100ms" max:"1h" doc:"How long a connection is kept between requests."`
}

// Admin are the settings of the operators' listener.
type Admin struct {
	Listen    string `key:"listen" def:"127.0.0.1:8702" doc:"HOST:PORT of the operators' listener. Keep it off public networks."`
	TLS       TLS    `key:"tls" doc:"Serve HTTPS, as http.tls."`
	TokenFile string `key:"token_file" doc:"File with the bearer token of the first owner, 32 characters or more, mode 0600. Without it, the platform uses admin.token in the data folder, which the first start creates. rookery operator names others, with tokens of their own."`

	AuditKept time.Duration `key:"audit_kept" def:"8760h" min:"24h" max:"87600h" doc:"How long an entry of the audit log, which says what operators did, is kept."`
}

// OIDB are the settings of the bus.
type OIDB struct {
	Listen  string `key:"listen" doc:"HOST:PORT of the frames over TCP, such as 127.0.0.1:8701. Empty: the bus takes no frames."`
	Connect string `key:"connect" doc:"HOST:PORT of Connect, gRPC and gRPC-Web, such as 127.0.0.1:8703, with the methods of the service Commands in internal/oidb/wire/oidb.proto. The http section's times and sizes hold here too. Empty: the bus takes no such calls."`
	TLS     BusTLS `key:"tls" doc:"Serve TLS at oidb.listen and oidb.connect. Certificate and key, or neither. The files are read again when they change; what cannot be used is logged and the old one kept."`
	Routes  string `key:"routes" doc:"File that says which commands other processes carry out: a YAML line for each, such as 0xf02: oidb+tcp://10.0.0.5:8701,10.0.0.6:8701. A change of it takes effect within two seconds. Empty: this process carries out all commands."`

	RoutesTLS RoutesTLS `key:"routes_tls" doc:"How back ends are called that take TLS (oidb+tls, connect+https and grpcs). Each must have a certificate for its name in the routes. The files are read again when they change."`
}

// BusTLS names the files of the bus's certificate, and of those of its callers.
type BusTLS struct {
	Certificate string `key:"certificate" doc:"PEM file with the certificate and the intermediate ones after it."`
	Key         string `key:"key" doc:"PEM file with the certificate's private key; mode 0600."`
	ClientCA    string `key:"client_ca" doc:"PEM file with the authorities of callers' certificates: every caller must show one for client authentication. Empty: no caller is asked for one."`
}

// On reports whether the bus serves TLS.
func (t BusTLS) On() bool { return t.Certificate != "" }

// RoutesTLS names the files with which back ends are called.
type RoutesTLS struct {
	Certificate string `key:"certificate" doc:"PEM file with the certificate that this platform shows to back ends that ask for one, and the intermediate ones after it."`
	Key         string `key:"key" doc:"PEM file with the certificate's private key; mode 0600."`
	CA          string `key:"ca" doc:"PEM file with the authorities of back ends' certificates. Empty: those that this machine trusts."`
}

// Standings are the settings of the cache of token checks.
type Standings struct {
	Kept int `key:"kept" def:"12000000" min:"1000" max:"1000000000" doc:"Maximum number of grants whose standing, which a check needs, is cached, at 48 bytes for each existing grant. Standings are read ahead after the start; a check of a grant beyond the maximum reads the database and costs about twice as much."`
}

// TLS names the two files of a certificate.
type TLS struct {
	Certificate string `key:"certificate" doc:"PEM file with the certificate and the intermediate ones after it."`
	Key         string `key:"key" doc:"PEM file with the certificate's private key; mode 0600."`
}

// On reports whether the listener serves TLS.
func (t TLS) On() bool { return t.Certificate != "" }

// MSDKV5 are the settings of the V5 door.
type MSDKV5 struct {
	TSWindow time.Duration `key:"ts_window" def:"0s" min:"0s" max:"24h" doc:"How far ts of a call may be off the platform's clock. 0s disables the check, so that anybody who recorded a call can send it again for ever. No document of the original gives a window."`
}

// MSDKV3 are the settings of the V3 door.
type MSDKV3 struct {
	TSWindow time.Duration `key:"ts_window" def:"0s" min:"0s" max:"24h" doc:"How far timestamp of a call may be off the platform's clock. Its signature covers nothing else, so with 0s, which disables the check, anybody who saw one call can make any other for ever. No document of the original gives a window."`
}

// OpenAPI are the settings of the door of OpenAPI V3.
type OpenAPI struct {
	Words string `key:"words" doc:"File with the words that /v3/csec/word_filter hides: UTF-8, one per line, # begins a comment. Read at the start. Empty: no word is hidden."`
}

// Messages are the settings of the messages between friends.
type Messages struct {
	TimeZone   string        `key:"time_zone" def:"Asia/Shanghai" is:"time zone" doc:"Time zone, by its IANA name, in which the days and weeks of the messages' limits begin. Weeks begin on Monday."`
	SceneDelay time.Duration `key:"scene_delay" def:"10m" min:"0s" max:"24h" doc:"How long after a scene's template was set it is in effect."`
}

// Connect are the settings of the OAuth 2.0 doors.
type Connect struct {
	TokenMediaType string `key:"token_media_type" def:"text/plain" oneof:"text/html text/plain application/x-www-form-urlencoded" doc:"Media type of the tokens that /oauth2.0/token answers without fmt=json. Every known client reads text/plain. The original seems to send text/html, which golang.org/x/oauth2 cannot read unless it asks for fmt=json."`
}

// Pages are the settings of the pages for people.
type Pages struct {
	Codes string `key:"codes" def:"on" oneof:"on off" doc:"Whether /codes explains return codes to everybody, as rookery explain does."`
}

// Groups are the settings of the group platform.
type Groups struct {
	Owned          int `key:"owned" def:"10" min:"1" max:"5000" doc:"How many groups an account may own. One that owns as many gets 221010."`
	CreatedPerHour int `key:"created_per_hour" def:"3" min:"1" max:"5000" doc:"How many groups an account may make within an hour, also if they are disbanded since. One that has made as many gets 221011."`
}

// Events are the settings of the stream of events.
type Events struct {
	File           string        `key:"file" doc:"File to which each event is appended as a line of JSON, made with mode 0600. A copy that you move away stays as it is, and a new file is begun."`
	FileSize       int           `key:"file_size" def:"67108864" min:"4096" max:"1073741824" doc:"Bytes beyond which the file is not extended. It is renamed to its name, a dot and the number of its first event, and kept: removing it is up to you."`
	Webhook        string        `key:"webhook" is:"URL" doc:"Address to which each event is posted as JSON, signed by the rules of Standard Webhooks 1.0. Any status from 200 to 299 takes the event. Redirects and the environment's proxies are not followed. While it fails, events wait in the database, and it is tried again after a second, and at least every minute."`
	WebhookSecret  string        `key:"webhook_secret" doc:"File with the secret that signs the webhook's requests: 24 to 64 bytes in base64, as openssl rand -base64 32 prints it, mode 0600. Required with events.webhook."`
	WebhookTimeout time.Duration `key:"webhook_timeout" def:"10s" min:"100ms" max:"1m" doc:"How long one request to the webhook may take."`
}

// Tracing are the settings of traces.
type Tracing struct {
	Endpoint string  `key:"endpoint" is:"URL" doc:"Base URL of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318; spans are posted to /v1/traces below it. Redirects and the environment's proxies are not followed. Empty: nothing is recorded."`
	Headers  string  `key:"headers" doc:"File with headers for the collector, such as its key, as lines NAME: VALUE; mode 0600."`
	Sample   float64 `key:"sample" def:"1" min:"0" max:"1" doc:"Share of the requests that are recorded. A call that another process of the platform forwards is recorded if that process records it, whatever this says."`
	Callers  string  `key:"callers" def:"link" oneof:"link continue" doc:"What a request's traceparent means. link: the request begins a trace of its own, which names the caller's, so nobody outside decides what is recorded. continue: it is a part of the caller's trace, recorded if the caller says so. Calls of the bus from the platform's own networks always continue."`
	Service  string  `key:"service" def:"rookery" doc:"Name of this process in traces."`
}

// On reports whether anything is recorded.
func (t Tracing) On() bool { return t.Endpoint != "" }

// Memory are the settings of the process's memory.
type Memory struct {
	Limit int `key:"limit" def:"0" min:"0" max:"1099511627776" doc:"Bytes of Go's memory that the process tries not to exceed: near it, memory is collected more often, and nothing fails. The cache of standings is not a part of it. Set it some 10 % below what the machine or the container grants, less standings.kept times 48 bytes. 0: no limit, or that of GOMEMLIMIT."`
}

// Stop are the settings of a graceful stop.
type Stop struct {
	Notice  time.Duration `key:"notice" def:"0s" min:"0s" max:"10m" doc:"How long /readyz fails, and connections are closed after their answer, while requests are still taken: set it to what your load balancer needs to stop sending requests here."`
	Timeout time.Duration `key:"timeout" def:"10s" min:"0s" max:"10m" doc:"How long, after that, requests under way may take before they are cut off."`
}

// Log are the settings of the log.
type Log struct {
	Level  string `key:"level" def:"info" oneof:"info warn error" doc:"The lowest level that is written. Requests that succeed or are refused are info."`
	Format string `key:"format" def:"auto" oneof:"auto json text" doc:"auto is text on a terminal and json elsewhere."`
}
