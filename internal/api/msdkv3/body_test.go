package msdkv3

import (
	"reflect"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rookeryhq/rookery/internal/flatjson"
)

// FuzzPlainBodies compares the quick reading of the most frequent body with the library's.
func FuzzPlainBodies(f *testing.F) {
	f.Add([]byte(`{"appid":100700001,"openid":"AB","openkey":"T","userip":"1"}`))
	f.Add([]byte(`{"appid":"1","openid":7,"x":"y"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, want verifyLoginBody
		if flatjson.Read(body, &got) {
			if err := json.Unmarshal(body, &want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q: got %+v, the library has %+v, %v", body, got, want, err)
			}
		}
	})
}
