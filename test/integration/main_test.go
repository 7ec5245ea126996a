package integration

import (
	"os"
	"testing"

	"github.com/rookeryhq/rookery/test/pg"
)

func TestMain(m *testing.M) { os.Exit(pg.Main(m)) }
