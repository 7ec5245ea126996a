// Package docs shows developers the reference of the interfaces: docs/api/openapi.yaml in Swagger UI, where requests can be tried. It signs
// them with the keys of demo apps, which everybody knows; `rookery serve` does not mount it.
package docs

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/docs/api"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
)

// Path is the page's path; everything that it needs is below it.
const Path = "/docs/"

//go:embed assets
var assets embed.FS

var page = template.Must(template.ParseFS(assets, "assets/index.html"))

// policy lets the page have only files and requests of this site. Swagger UI writes style attributes, and pictures in data URLs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Options are what the page signs with.
type Options struct {
	Clock *platform.Clock
	Apps  []platform.App // whose keys are public
	// Signature returns how the calls of a path are signed, as `rookery sign` names it; "" if they are not.
	Signature func(path string) string
}

// Handler returns the handler of everything below Path.
func Handler(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"{$}", o.page)
	mux.HandleFunc("GET "+Path+"openapi.yaml", func(w http.ResponseWriter, _ *http.Request) { write(w, "application/yaml", "", api.OpenAPI) })
	for _, name := range []string{"swagger-ui-bundle.js", "swagger-ui.css"} {
		mux.HandleFunc("GET "+Path+name, file(name, ".gz"))
	}
	for _, name := range []string{"rookery.js", "rookery.css"} {
		mux.HandleFunc("GET "+Path+name, file(name, ""))
	}
	mux.Handle("POST "+Path+"sign", http.NewCrossOriginProtection().Handler(http.HandlerFunc(o.sign)))
	return mux
}

func write(w http.ResponseWriter, media, encoding string, content []byte) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	_, _ = w.Write(content) // an error means that the caller has left
}

// file serves an embedded file, which is compressed if its name has the suffix .gz: every browser takes that.
func file(name, suffix string) http.HandlerFunc {
	content, err := assets.ReadFile("assets/" + name + suffix)
	if err != nil {
		panic(err)
	}
	encoding := ""
	if suffix != "" {
		encoding = "gzip"
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		write(w, mime.TypeByExtension(path.Ext(name)), encoding, content)
	}
}

func (o *Options) page(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	if err := page.Execute(&b, o.Apps); err != nil {
		panic(err) // never caused by a caller: the template does not fit the data
	}
	write(w, "text/html; charset=utf-8", "", b.Bytes())
}

// request is a request to be signed, and a signed one.
type request struct {
	App    string `json:"app,omitzero"` // the appid of the app for which it is; "" for the one that it names
	Method string `json:"method,omitzero"`
	Target string `json:"target"` // path and query
	Body   string `json:"body"`
}

const maxBody = 128 << 10

// sign answers a request with its signature.
func (o *Options) sign(w http.ResponseWriter, r *http.Request) {
	var in request
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&in)
	if err == nil {
		err = o.signed(&in)
	}
	var answer []byte
	if err != nil {
		w.Header().Set("Content-Type", "application/json")
		answer, _ = json.Marshal(map[string]string{"error": err.Error()})
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(answer)
		return
	}
	answer, _ = json.Marshal(in) // of texts alone
	write(w, "application/json", "", answer)
}

// signed gives a request the app's numbers, the time and the signature.
func (o *Options) signed(r *request) error {
	target, err := url.ParseRequestURI(r.Target)
	if err != nil {
		return errors.New("the request has no path")
	}
	kind := o.Signature(target.Path)
	if kind == "" {
		return nil
	}
	query := target.Query()
	inBody := r.Method == http.MethodPost && !strings.HasPrefix(kind, "v") // of a form
	if inBody {
		form, err := url.ParseQuery(r.Body)
		if err != nil {
			return errors.New("the body is not a form")
		}
		for name, values := range form {
			query[name] = values
		}
	}
	app, err := o.app(r.App, query)
	if err != nil {
		return err
	}
	now := strconv.FormatInt(o.Clock.Now().Unix(), 10)
	switch kind {
	case "v5", "v5 --client":
		query.Set("gameid", app.GameID.String())
		query.Set("ts", now)
		key := app.ClientSigKey
		if kind == "v5" {
			key = app.SigKeys[cmp.Or(query.Get("source"), "0")]
		}
		err = add(query, "sig", func(q sign.Query) string {
			if kind == "v5" {
				return sign.V5(target.Path, q, []byte(r.Body), key)
			}
			return sign.V5Client(target.Path, q, []byte(r.Body), key)
		})
	case "v3":
		if !strings.HasPrefix(query.Get("appid"), "G_") {
			query.Set("appid", app.AppID.String())
		}
		query.Set("timestamp", now)
		key := app.MSDKKey
		if query.Get("encode") == "1" {
			key = app.AppKey
		}
		err = add(query, "sig", func(sign.Query) string { return sign.V3(now, key) })
	case "openapi":
		query.Set("appid", app.AppID.String())
		err = add(query, "sig", func(q sign.Query) string { return sign.OpenAPI(r.Method, target.Path, q, app.AppKey) })
	case "gamecenter":
		query.Set("oauth_consumer_key", app.AppID.String())
		if query.Get("access_token") != "" {
			err = add(query, "sign", func(q sign.Query) string { return sign.GameCenter(q, app.AppKey) })
		}
	default:
		err = fmt.Errorf("there is no signature %q", kind)
	}
	if inBody {
		r.Target, r.Body = target.Path, query.Encode()
	} else {
		r.Target = target.Path + "?" + query.Encode()
	}
	return err
}

// add signs the parameters without an old signature, and adds the new one.
func add(query url.Values, name string, signature func(sign.Query) string) error {
	query.Del(name)
	q, err := sign.ParseQuery(nil, query.Encode())
	if err != nil {
		return err
	}
	query.Set(name, signature(q))
	return nil
}

// app finds the app that was chosen, or that the request names.
func (o *Options) app(chosen string, query url.Values) (*platform.App, error) {
	names := []string{query.Get("gameid"), strings.TrimPrefix(query.Get("appid"), "G_"), query.Get("oauth_consumer_key")}
	for i := range o.Apps {
		app := &o.Apps[i]
		appid, gameid := app.AppID.String(), app.GameID.String()
		if chosen == appid || chosen == "" && (slices.Contains(names, appid) || slices.Contains(names, gameid)) {
			return app, nil
		}
	}
	return nil, errors.New("the request is for no app of the demo world, whose keys alone sign here: rookery sign takes other keys")
}
