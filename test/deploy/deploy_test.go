// Package deploy checks what is in deploy as far as a machine without containers can: each configuration is one that rookery would start with,
// each setting and command exists, and nothing runs with more rights than it needs.
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
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/rookeryhq/rookery/test/rookery"
)

const folder = "../../deploy/"

// configurations are the files that deployments start rookery with, and which of their settings config check says are not safe.
var configurations = map[string][]string{
	"systemd/rookery.yaml":    nil,
	"kubernetes/rookery.yaml": {"admin.listen", "admin.tls"}, // there a NetworkPolicy says who may connect
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(folder + file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// strict decodes YAML. A member that what it decodes into does not have is an error.
func strict(text []byte) *yaml.Decoder {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	return decoder
}

func TestConfigurationsAreValidAndSafe(t *testing.T) {
	token := filepath.Join(t.TempDir(), "admin.token")
	if err := os.WriteFile(token, []byte(strings.Repeat("0123456789", 4)), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, unsafe := range configurations {
		status, out, log := rookery.Run(t, "config", "check", "--config", folder+file, "--admin-token-file", token)
		var found []string
		for _, one := range regexp.MustCompile(`(?m)^not safe: ([a-z.]+):`).FindAllStringSubmatch(log, -1) {
			found = append(found, one[1])
		}
		if status != 0 || !strings.HasPrefix(out, "The configuration is valid") || !slices.Equal(found, unsafe) {
			t.Errorf("%s: status %d: %s%s", file, status, out, log)
		}
	}
}

// stopping returns how long a rookery with a configuration takes to stop, at most.
func stopping(t *testing.T, file string) time.Duration {
	t.Helper()
	var settings struct {
		Stop struct{ Notice, Timeout time.Duration }
	}
	if err := yaml.Unmarshal(read(t, file), &settings); err != nil {
		t.Fatal(err)
	}
	if settings.Stop.Notice == 0 || settings.Stop.Timeout == 0 {
		t.Fatalf("%s does not say how long a stop takes", file)
	}
	return settings.Stop.Notice + settings.Stop.Timeout
}

func TestUnit(t *testing.T) {
	unit := string(read(t, "systemd/rookery.service"))
	value := func(name string) string {
		found := regexp.MustCompile(`(?m)^` + name + `=(.*)$`).FindStringSubmatch(unit)
		if found == nil {
			t.Fatalf("the unit has no %s", name)
		}
		return found[1]
	}
	if patience, err := time.ParseDuration(value("TimeoutStopSec")); err != nil || patience <= stopping(t, "systemd/rookery.yaml") {
		t.Errorf("the unit is killed after %s, while it may still be stopping: %v", patience, err)
	}
	for _, name := range []string{"ExecStartPre", "ExecStart"} {
		args := strings.Fields(value(name))
		if args[0] != "/usr/local/bin/rookery" {
			t.Fatalf("%s runs %s", name, args[0])
		}
		wantCommand(t, args[1:])
	}
	variables := make(map[string]string)
	for _, found := range regexp.MustCompile(`(?m)^Environment=(ROOKERY_\w+)=(.*)$`).FindAllStringSubmatch(string(read(t, "systemd/rookery.service.d/postgresql.conf")), -1) {
		variables[found[1]] = found[2]
	}
	wantVariables(t, variables)

	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("without systemd the unit is not verified")
	}
	copied := t.TempDir() // whose programs exist
	if err := os.CopyFS(copied, os.DirFS(folder+"systemd")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(copied, "rookery.service")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(unit, "/usr/local/bin/rookery", rookery.Binary(t))), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify"}, {"security", "--offline=yes", "--threshold=15"}} { // tenths: 1.5 of 10 is exposed
		out, err := exec.Command("systemd-analyze", append(args, file)...).CombinedOutput()
		if err != nil || args[0] == "verify" && len(out) > 0 {
			t.Errorf("systemd-analyze %s: %v\n%s", args, err, out)
		}
	}
}

// wantCommand fails unless rookery has a command with these flags.
func wantCommand(t *testing.T, args []string) {
	t.Helper()
	words := slices.Clone(args)
	if i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-") }); i >= 0 {
		words = args[:i]
	}
	status, help, log := rookery.Run(t, append(slices.Clone(words), "--help")...)
	if status != 0 || !strings.Contains(help, "rookery "+strings.Join(words, " ")) {
		t.Errorf("rookery %v: status %d: %s", words, status, log)
	}
	for _, arg := range args[len(words):] {
		if strings.HasPrefix(arg, "--") && !regexp.MustCompile(`(?m)^\s+(-\w, )?`+arg+`\b`).MatchString(help) {
			t.Errorf("rookery %s has no flag %s", strings.Join(words, " "), arg)
		}
	}
}

// wantVariables fails unless rookery would start with these variables, and unless there is one for it among them.
func wantVariables(t *testing.T, variables map[string]string) {
	t.Helper()
	t.Run("variables", func(t *testing.T) {
		found := false
		for name, value := range variables {
			t.Setenv(name, value)
			found = found || strings.HasPrefix(name, "ROOKERY_")
		}
		status, out, log := rookery.Run(t, "config", "check", "--data", filepath.Join(t.TempDir(), "data"), "--msdkv5-ts-window", "10m", "--msdkv3-ts-window", "10m")
		if !found || status != 0 || out != "The configuration is valid.\n" {
			t.Errorf("with %v: status %d: %s%s", variables, status, out, log)
		}
	})
}

// name is the name of a thing in Kubernetes.
type name struct {
	Name   string
	Labels map[string]string
}

// rights are what a container may do.
type rights struct {
	ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
	AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
	Capabilities             struct{ Drop []string }
}

type probe struct {
	HTTPGet struct {
		Path, Port string
	} `yaml:"httpGet"`
	PeriodSeconds    int `yaml:"periodSeconds"`
	TimeoutSeconds   int `yaml:"timeoutSeconds"`
	FailureThreshold int `yaml:"failureThreshold"`
}

type container struct {
	Name, Image   string
	Command, Args []string
	Env           []struct{ Name, Value string }
	Ports         []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	StartupProbe    *probe `yaml:"startupProbe"`
	LivenessProbe   *probe `yaml:"livenessProbe"`
	ReadinessProbe  *probe `yaml:"readinessProbe"`
	Resources       struct{ Requests, Limits map[string]string }
	SecurityContext rights `yaml:"securityContext"`
	VolumeMounts    []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

// resource is what the manifests have of Kubernetes: as little as they need of apps/v1, v1 and policy/v1, so that a misspelt member is noticed.
type resource struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   name
	Spec       struct {
		Replicas    int
		PodSelector map[string]any `yaml:"podSelector"`
		PolicyTypes []string       `yaml:"policyTypes"`
		Ingress     []struct {
			Ports []struct{ Port string }
			From  []struct {
				NamespaceSelector map[string]any `yaml:"namespaceSelector"`
				PodSelector       map[string]any `yaml:"podSelector"`
			}
		}
		MaxUnavailable int `yaml:"maxUnavailable"`
		Selector       map[string]any
		Ports          []struct {
			Name       string
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
		Strategy struct {
			RollingUpdate struct {
				MaxUnavailable int `yaml:"maxUnavailable"`
				MaxSurge       int `yaml:"maxSurge"`
			} `yaml:"rollingUpdate"`
		}
		Template struct {
			Metadata name
			Spec     struct {
				AutomountServiceAccountToken  *bool `yaml:"automountServiceAccountToken"`
				EnableServiceLinks            *bool `yaml:"enableServiceLinks"`
				TerminationGracePeriodSeconds int   `yaml:"terminationGracePeriodSeconds"`
				SecurityContext               struct {
					RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
					RunAsUser      int                   `yaml:"runAsUser"`
					RunAsGroup     int                   `yaml:"runAsGroup"`
					FSGroup        int                   `yaml:"fsGroup"`
					SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
				} `yaml:"securityContext"`
				InitContainers []container `yaml:"initContainers"`
				Containers     []container
				Volumes        []struct {
					Name     string
					EmptyDir struct {
						Medium    string
						SizeLimit string `yaml:"sizeLimit"`
					} `yaml:"emptyDir"`
					ConfigMap name `yaml:"configMap"`
					Secret    struct {
						SecretName  string `yaml:"secretName"`
						DefaultMode int    `yaml:"defaultMode"`
					}
				}
			}
		}
	}
}

func TestKubernetes(t *testing.T) {
	kinds := make(map[string]int)
	for all := strict(read(t, "kubernetes/gateway.yaml")); ; {
		var r resource
		if err := all.Decode(&r); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		kinds[r.APIVersion+" "+r.Kind]++
		if r.Kind == "Deployment" {
			wantPod(t, r)
		}
	}
	if want := map[string]int{"apps/v1 Deployment": 1, "v1 Service": 2, "networking.k8s.io/v1 NetworkPolicy": 1, "policy/v1 PodDisruptionBudget": 1}; !maps.Equal(kinds, want) {
		t.Errorf("the manifests have %v, want %v", kinds, want)
	}
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skip("without kubectl the manifests are not put together")
	}
	if out, err := exec.Command("kubectl", "kustomize", folder+"kubernetes").CombinedOutput(); err != nil || bytes.Count(out, []byte("\nkind: ")) != 6 {
		t.Errorf("kubectl kustomize: %v\n%s", err, out)
	}
}

// wantPod checks the gateways' pod.
func wantPod(t *testing.T, r resource) {
	t.Helper()
	pod := r.Spec.Template.Spec
	if patience := time.Duration(pod.TerminationGracePeriodSeconds) * time.Second; patience <= stopping(t, "kubernetes/rookery.yaml") {
		t.Errorf("a pod is killed after %s, while it may still be stopping", patience)
	}
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks || pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		t.Error("a pod gets variables of services, or an account's token")
	}
	if as := pod.SecurityContext; !as.RunAsNonRoot || as.RunAsUser == 0 || as.SeccompProfile.Type != "RuntimeDefault" {
		t.Errorf("a pod runs with %+v", as)
	}
	volumes := make(map[string]bool)
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
		if v.Secret.SecretName != "" && v.Secret.DefaultMode&0o007 != 0 {
			t.Errorf("anybody reads the secrets of %s", v.Name)
		}
	}
	for _, c := range append(pod.InitContainers, pod.Containers...) {
		if s := c.SecurityContext; !s.ReadOnlyRootFilesystem || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation || !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) {
			t.Errorf("container %s has the rights %+v", c.Name, s)
		}
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("container %s mounts %s, which the pod does not have", c.Name, m.Name)
			}
		}
		if len(c.Args) > 0 {
			wantCommand(t, c.Args)
		}
	}
	gateway := pod.Containers[0]
	ports := make(map[string]int)
	for _, p := range gateway.Ports {
		ports[p.Name] = p.ContainerPort
	}
	for path, p := range map[string]*probe{"/healthz": gateway.LivenessProbe, "/readyz": gateway.ReadinessProbe} {
		if p == nil || p.HTTPGet.Path != path || ports[p.HTTPGet.Port] != 8702 {
			t.Errorf("the probe of %s is %+v", path, p)
		}
	}
}

func TestCompose(t *testing.T) {
	type service struct {
		Image           string
		Build           map[string]string
		Environment     map[string]string
		Command         []string
		User            string
		ReadOnly        bool     `yaml:"read_only"`
		CapDrop         []string `yaml:"cap_drop"`
		CapAdd          []string `yaml:"cap_add"`
		SecurityOpt     []string `yaml:"security_opt"`
		StopGracePeriod string   `yaml:"stop_grace_period"`
		Restart         string
		Secrets         []string
		Volumes         []string
		Ports           []string
		DependsOn       map[string]map[string]string `yaml:"depends_on"`
		Healthcheck     struct {
			Test     []string
			Interval string
			Retries  int
		}
	}
	var all struct {
		Name     string
		Gateway  service `yaml:"x-gateway"`
		Services map[string]service
		Secrets  map[string]struct{ File string }
		Volumes  map[string]struct{}
	}
	if err := strict(read(t, "compose.yaml")).Decode(&all); err != nil || len(all.Services) != 3 {
		t.Fatalf("the services are %v: %v", all.Services, err)
	}
	for name, s := range all.Services {
		if !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) {
			t.Errorf("%s has rights that it does not need: %+v", name, s)
		}
		for _, v := range s.Volumes {
			if _, known := all.Volumes[strings.Split(v, ":")[0]]; !known {
				t.Errorf("%s has the volume %s, which is not declared", name, v)
			}
		}
		for other := range s.DependsOn {
			if _, known := all.Services[other]; !known {
				t.Errorf("%s waits for %s, which is not declared", name, other)
			}
		}
		if name == "postgres" {
			continue
		}
		if !s.ReadOnly || s.User != "65532:65532" {
			t.Errorf("%s may write its image, or runs as %s", name, s.User)
		}
		wantCommand(t, s.Command)
		wantVariables(t, s.Environment)
		notice, timeout := s.Environment["ROOKERY_STOP_NOTICE"], s.Environment["ROOKERY_STOP_TIMEOUT"]
		stops, err := time.ParseDuration(timeout)
		if grace, bad := time.ParseDuration(s.StopGracePeriod); bad != nil || err != nil || notice != "" || grace <= stops {
			t.Errorf("%s is killed after %s, while it may still be stopping", name, s.StopGracePeriod)
		}
	}
}

func TestContainerfile(t *testing.T) {
	text := string(read(t, "Containerfile"))
	for _, line := range []string{"USER 65532:65532", "ENTRYPOINT [\"rookery\"]", "CMD [\"serve\"]", "STOPSIGNAL SIGTERM"} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("the image lacks the line %s", line)
		}
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(module))[1]
	if !strings.Contains(text, "golang:"+version+" ") {
		t.Errorf("the image is not built with Go %s", version)
	}
	for _, copied := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(text, -1) {
		for _, file := range strings.Fields(copied[1]) {
			if _, err := os.Stat("../../" + file); err != nil {
				t.Error(err)
			}
		}
	}
}
