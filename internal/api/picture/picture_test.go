package picture

import (
	"bytes"
	"image/png"
	"testing"
)

func TestPicturesHaveTheirSizes(t *testing.T) {
	for i, want := range []int{30, 40, 50, 100, 140, 640} {
		file := pictures[i].file()
		img, err := png.Decode(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != want || b.Dy() != want || len(file) > 16<<10 {
			t.Errorf("it is %v of %d bytes, want %d pixels a side", b, len(file), want)
		}
		corner, centre := img.At(0, 0), img.At(want/2, want/3)
		if corner == centre {
			t.Errorf("%d: there is nothing in it", want)
		}
	}
}

// TestVariants: people and apps have pictures of their own kind, in different colours.
func TestVariants(t *testing.T) {
	for got, want := range map[string]string{
		Person("Ann"): "/picture/p1/100", Person("Ben"): "/picture/p2/100", Person("小鸦"): "/picture/p15/100", Person(""): "/picture/p0/100",
		App("Magpie Arena"): "/picture/a13/100",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if len(variants()) != 32 {
		t.Errorf("there are %d variants, want 32", len(variants()))
	}
	seen := make(map[string]string)
	for name, sizes := range variants() {
		file := string(sizes[0].file())
		if img, err := png.Decode(bytes.NewReader([]byte(file))); err != nil || img.Bounds().Dx() != 30 {
			t.Errorf("%s: %v", name, err)
		}
		if other, same := seen[file]; same {
			t.Errorf("%s looks like %s", name, other)
		}
		seen[file] = name
	}
}
