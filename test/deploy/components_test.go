package deploy

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.yaml.in/yaml/v3"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/redis"
	"github.com/rookeryhq/rookery/test/rookery"
)

func TestMain(m *testing.M) { os.Exit(pg.Main(m)) }

// object is a resource as kubectl puts it together.
type object struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string // of a ConfigMap
	Spec     struct {
		Selector             map[string]any
		VolumeClaimTemplates []struct{ Metadata struct{ Name string } } `yaml:"volumeClaimTemplates"`
		PodSelector          struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		} `yaml:"podSelector"`
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     pod
		}
	}
}

type pod struct {
	EnableServiceLinks *bool `yaml:"enableServiceLinks"`
	SecurityContext    struct {
		RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
		RunAsUser      int                   `yaml:"runAsUser"`
		SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	InitContainers []described `yaml:"initContainers"`
	Containers     []described
	Volumes        []struct {
		Name   string
		Secret *struct {
			DefaultMode int `yaml:"defaultMode"`
		}
		ConfigMap *struct{ Name string } `yaml:"configMap"`
	}
}

// described is a container with all of its environment.
type described struct {
	Name, Image string
	Args        []string
	Env         []struct {
		Name, Value string
		ValueFrom   any `yaml:"valueFrom"`
	}
	Resources       struct{ Requests, Limits map[string]string }
	SecurityContext rights `yaml:"securityContext"`
	VolumeMounts    []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

// together returns what kubectl makes of the gateways with some components.
func together(t *testing.T, components ...string) (all []object) {
	t.Helper()
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skip("without kubectl the manifests are not put together")
	}
	at, err := filepath.Abs(folder + "kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	in := t.TempDir()
	relative, err := filepath.Rel(in, at) // kustomize takes no other path
	if err != nil {
		t.Fatal(err)
	}
	text := "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [" + relative + "]\ncomponents:\n"
	for _, c := range components {
		text += "  - " + filepath.Join(relative, c) + "\n"
	}
	if err := os.WriteFile(filepath.Join(in, "kustomization.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("kubectl", "kustomize", in).Output()
	if err != nil {
		t.Fatalf("kubectl kustomize: %v", err)
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(out)); ; {
		var o object
		if err := decoder.Decode(&o); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
}

func find(t *testing.T, all []object, kind, name string) object {
	t.Helper()
	i := slices.IndexFunc(all, func(o object) bool { return o.Kind == kind && o.Metadata.Name == name })
	if i < 0 {
		t.Fatalf("there is no %s %s", kind, name)
	}
	return all[i]
}

// TestComponents: with PostgreSQL, Redis and a back end, every pod has no more rights than it needs, is behind a NetworkPolicy, and mounts what
// there is; the gateways use all three.
func TestComponents(t *testing.T) {
	all := together(t, "postgres", "groups", "redis")
	guarded, maps := make(map[string]bool), make(map[string]bool)
	pods := 0
	for _, o := range all {
		switch o.Kind {
		case "NetworkPolicy":
			guarded[o.Spec.PodSelector.MatchLabels["app"]] = true
		case "ConfigMap":
			maps[o.Metadata.Name] = true
		}
	}
	for _, o := range all {
		p := o.Spec.Template.Spec
		if len(p.Containers) == 0 {
			continue
		}
		pods++
		if !guarded[o.Spec.Template.Metadata.Labels["app"]] {
			t.Errorf("anybody may connect to %s", o.Metadata.Name)
		}
		if as := p.SecurityContext; !as.RunAsNonRoot || as.RunAsUser == 0 || as.SeccompProfile.Type != "RuntimeDefault" || p.EnableServiceLinks == nil || *p.EnableServiceLinks {
			t.Errorf("%s runs with %+v", o.Metadata.Name, as)
		}
		volumes := make(map[string]bool)
		for _, v := range p.Volumes {
			volumes[v.Name] = true
			if v.Secret != nil && v.Secret.DefaultMode&0o007 != 0 || v.Secret != nil && v.Secret.DefaultMode == 0 {
				t.Errorf("anybody reads the secret %s of %s", v.Name, o.Metadata.Name)
			}
			if v.ConfigMap != nil && !maps[v.ConfigMap.Name] {
				t.Errorf("%s mounts a configuration %s, which is not made", o.Metadata.Name, v.ConfigMap.Name)
			}
		}
		for _, v := range o.Spec.VolumeClaimTemplates {
			volumes[v.Metadata.Name] = true
		}
		for _, c := range append(p.InitContainers, p.Containers...) {
			if s := c.SecurityContext; !s.ReadOnlyRootFilesystem || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
				t.Errorf("container %s of %s has the rights %+v", c.Name, o.Metadata.Name, s)
			}
			for _, m := range c.VolumeMounts {
				if !volumes[m.Name] {
					t.Errorf("container %s mounts %s, which the pod does not have", c.Name, m.Name)
				}
			}
			if c.Image == "rookery" && len(c.Args) > 0 {
				wantCommand(t, c.Args)
			}
			for _, e := range c.Env {
				if (strings.Contains(e.Name, "PASSWORD") || e.Name == "REDISCLI_AUTH") && (e.Value != "" || e.ValueFrom == nil) {
					t.Errorf("%s of %s is not from a secret", e.Name, c.Name)
				}
			}
		}
		for _, c := range p.Containers {
			if c.Resources.Limits["memory"] == "" || c.Resources.Requests["cpu"] == "" {
				t.Errorf("container %s says nothing of its size", c.Name)
			}
		}
	}
	if pods != 4 {
		t.Errorf("there are %d kinds of pods, want those of gateways, PostgreSQL, groups and Redis", pods)
	}
	gateway := find(t, all, "Deployment", "rookery").Spec.Template.Spec
	for _, c := range append(gateway.InitContainers, gateway.Containers...) {
		variables := make(map[string]string)
		for _, e := range c.Env {
			variables[e.Name] = e.Value
		}
		switch c.Name {
		case "migrate", "gateway":
			if got := variables["ROOKERY_DATABASE"]; strings.Count(got, ".rookery-postgres") != 3 || !strings.Contains(got, "sslmode=verify-full") {
				t.Errorf("%s uses the database %s", c.Name, got)
			}
		}
		if got := variables["ROOKERY_REDIS_ADDRESS"]; c.Name == "gateway" && got != "rediss://rookery@rookery-redis" {
			t.Errorf("the gateway counts calls in %q", got)
		}
		if got := variables["ROOKERY_OIDB_ROUTES"]; c.Name == "gateway" && got != "/etc/rookery-routes/routes.yaml" {
			t.Errorf("the gateway's routes are in %q", got)
		}
	}
}

// TestBackEnd: its configuration is one that it would start with, and the routes of the gateways lead to it.
func TestBackEnd(t *testing.T) {
	routes := make(map[string]string)
	if err := yaml.Unmarshal(read(t, "kubernetes/groups/routes.yaml"), &routes); err != nil || !maps.Equal(routes, map[string]string{"0xf02": "oidb+tcp://rookery-groups:8711"}) {
		t.Errorf("the routes are %v: %v", routes, err)
	}
	file := filepath.Join(t.TempDir(), "rookery.yaml")
	token := filepath.Join(t.TempDir(), "admin.token")
	text := strings.NewReplacer("/var/lib/rookery", t.TempDir(), "/run/rookery/admin.token", token, ":8711", "127.0.0.1:0", ":8702", "127.0.0.1:0").Replace(string(read(t, "kubernetes/groups/rookery.yaml")))
	for name, text := range map[string]string{file: text, token: strings.Repeat("0123456789", 4)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	back := rookery.Backend(t, t.TempDir(), "0xf02", "--config", file)
	var made struct{ GC string }
	back.Admin(t, "POST", "/admin/v1/groups", rookery.Settings{"owner": "10001", "name": "Lanterns"}, &made)
	if made.GC == "" {
		t.Error("it makes no group")
	}
}

// TestRedis: it starts with its configuration and the users that are told of, and gateways with their variables count calls in it.
func TestRedis(t *testing.T) {
	server := redis.Prepare(t)
	certificate, key := redis.Pair(t)
	users := filepath.Join(t.TempDir(), "users.acl")
	told := regexp.MustCompile(`(?m)^#   (user .*)$`).FindAllStringSubmatch(string(read(t, "kubernetes/redis/kustomization.yaml")), -1)
	if len(told) != 2 {
		t.Fatalf("%d users are told of", len(told))
	}
	const password = "0123456789abcdef"
	text := strings.ReplaceAll(told[0][1]+"\n"+told[1][1]+"\n", "PASSWORD", password)
	if err := os.WriteFile(users, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(read(t, "kubernetes/redis/redis.conf"))) {
		if name, value, _ := strings.Cut(strings.TrimSpace(line), " "); name != "#" {
			value = strings.NewReplacer(`""`, "", "6379", strconv.Itoa(server.Port), "/etc/redis-tls/tls.crt", certificate, "/etc/redis-tls/tls.key", key, "/etc/redis-tls/ca.crt", certificate, "/etc/redis-users/users.acl", users).Replace(value)
			server.Set("--"+name, value)
		}
	}
	server.Start(t)
	var patch object
	if err := yaml.Unmarshal(read(t, "kubernetes/redis/gateway.yaml"), &patch); err != nil {
		t.Fatal(err)
	}
	for _, e := range patch.Spec.Template.Spec.Containers[0].Env {
		value := strings.NewReplacer("@rookery-redis", "@"+server.HostPort(), "/etc/redis-tls/ca.crt", certificate).Replace(e.Value)
		if e.ValueFrom != nil {
			value = password
		}
		t.Setenv(e.Name, value)
	}
	p := rookery.Serve(t, "--redis-timeout", "10s")
	p.Secret(password)
	if p.Metric(t, "rookery_redis_up") != 1 {
		t.Errorf("the gateway does not count calls in Redis:\n%s", p.Log())
	}
}

// TestPatroni: Patroni finds nothing wrong with the configuration of the nodes, and what it runs once makes a database in which the platform makes
// its tables, with the password that it is given.
func TestPatroni(t *testing.T) {
	t.Run("configuration", func(t *testing.T) {
		image := string(read(t, "patroni/Containerfile"))
		for _, line := range []string{"patroni postgresql-15 python3-kubernetes", "useradd --uid 65532 ", "USER 65532:65532", `CMD ["/etc/patroni/patroni.yaml"]`} {
			if !strings.Contains(image, line) {
				t.Errorf("the image lacks %s", line)
			}
		}
		if _, err := exec.LookPath("patroni"); err != nil {
			t.Skip("without Patroni its configuration is not checked")
		}
		bin, err := pg.Programs()
		if err != nil {
			t.Skip(err)
		}
		file := filepath.Join(t.TempDir(), "patroni.yaml")
		text := strings.NewReplacer("/var/lib/postgresql/data", t.TempDir(), "/usr/lib/postgresql/15/bin", bin).Replace(string(read(t, "kubernetes/postgres/patroni.yaml")))
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		check := exec.Command("patroni", "--validate-config", file)
		check.Env = append(os.Environ(), "PATRONI_NAME=node", "PATRONI_POSTGRESQL_CONNECT_ADDRESS=10.0.0.1:5432", "PATRONI_RESTAPI_CONNECT_ADDRESS=10.0.0.1:8008",
			"PATRONI_SUPERUSER_PASSWORD=one", "PATRONI_REPLICATION_PASSWORD=two", "PATRONI_REWIND_PASSWORD=three")
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("patroni --validate-config: %v\n%s", err, out)
		}
	})
	t.Run("post-init", func(t *testing.T) {
		server := pg.Own(t, "fsync=off")
		text := strings.ReplaceAll(string(read(t, "kubernetes/postgres/post-init")), " rookery", " platform") // the server's own account is rookery
		script := exec.Command("sh", "-c", text, "post-init", server.Address("postgres"))
		script.Env = append(os.Environ(), "PATH="+filepath.Dir(server.Program("psql"))+":"+os.Getenv("PATH"), "ROOKERY_PASSWORD=it's a word")
		if out, err := script.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("%v\n%s", err, out)
		}
		conn, err := pgx.Connect(t.Context(), server.Address("postgres"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		var made bool
		err = conn.QueryRow(t.Context(), "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' AND rolcanlogin AND NOT rolsuper FROM pg_authid WHERE rolname = 'platform'").Scan(&made)
		if err != nil || !made {
			t.Errorf("the role is made as it should be: %v, %v", made, err)
		}
		address := strings.Replace(server.Address("platform"), "//rookery@", "//platform@", 1)
		if status, _, log := rookery.Run(t, "migrate", "up", "--database", address); status != 0 {
			t.Fatalf("migrate: status %d\n%s", status, log)
		}
		rookery.Serve(t, "--database", address).NewAccount(t) // with the rights of the database's owner alone
	})
}
