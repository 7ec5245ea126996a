package reference_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// TestOpenAPIIsValid checks docs/api/openapi.yaml by the OpenAPI initiative's own schema of OpenAPI 3.1
// (https://spec.openapis.org/oas/3.1/schema/2022-10-07), and what the schema cannot say.
func TestOpenAPIIsValid(t *testing.T) {
	text, err := os.ReadFile(folder + "openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var read any
	if err := yaml.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(read) // with the types that encoding/json gives
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(plain, &doc); err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	schema, err := compiler.Compile("testdata/openapi-3.1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(doc); err != nil {
		t.Errorf("%v", err)
	}
	broken := map[string]any{"openapi": "3.1.0", "info": map[string]any{"title": "without a version"}, "paths": map[string]any{}}
	if schema.Validate(broken) == nil {
		t.Error("the schema takes a document without a version")
	}
	ids := make(map[string]bool)
	for path, item := range doc["paths"].(map[string]any) {
		for method, one := range item.(map[string]any) {
			op := one.(map[string]any)
			id := op["operationId"].(string)
			if ids[id] {
				t.Errorf("two operations have the id %s", id)
			}
			ids[id] = true
			declared := make(map[string]bool)
			parameters, _ := op["parameters"].([]any)
			for _, p := range parameters {
				if p := p.(map[string]any); p["in"] == "path" {
					declared[p["name"].(string)] = true
				}
			}
			for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				if !declared[m[1]] {
					t.Errorf("%s %s does not declare %s", method, path, m[1])
				}
				delete(declared, m[1])
			}
			for name := range declared {
				t.Errorf("%s %s declares %s, which is not in the path", method, path, name)
			}
		}
	}
	if len(ids) < 170 {
		t.Errorf("there are %d operations", len(ids))
	}
}
