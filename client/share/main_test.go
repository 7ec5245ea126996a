package share_test

import (
	"testing"

	"github.com/rookeryhq/rookery/client/internal/exampletest"
)

// t stands in the examples for the *testing.T of a test.
var t = new(exampletest.T)

func TestMain(m *testing.M) { exampletest.Main(m, t) }
