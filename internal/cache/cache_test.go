package cache

import "testing"

func TestASetHoldsTheLastValuesOfItsKeys(t *testing.T) {
	c := NewAssociative[int, int](4) // one set
	for key := range 4 {
		c.SetOf(key).Put(key, 10*key, c.SetOf(key).Drops())
	}
	for key := range 4 {
		if v := c.SetOf(key).Get(key); v == nil || *v != 10*key {
			t.Errorf("%d has %v, want %d", key, v, 10*key)
		}
	}
	if v := c.SetOf(9).Get(9); v != nil {
		t.Errorf("a key that was not put has %d", *v)
	}
	c.SetOf(2).Put(2, 21, c.SetOf(2).Drops()) // it drives nobody out
	c.SetOf(9).Put(9, 90, c.SetOf(9).Drops()) // it drives one out
	has := func(key, value int) bool { v := c.SetOf(key).Get(key); return v != nil && *v == value }
	if kept := count(has(0, 0), has(1, 10), has(2, 21), has(3, 30)); kept != 3 || !has(9, 90) {
		t.Errorf("of four values %d are kept, want 3, and the new one is there: %t", kept, has(9, 90))
	}
	c.Clear()
	if v := c.SetOf(9).Get(9); v != nil {
		t.Errorf("what was dropped is %d", *v)
	}
}

func count(each ...bool) (n int) {
	for _, is := range each {
		if is {
			n++
		}
	}
	return n
}

func TestAReadThatADropOvertookIsNotKept(t *testing.T) {
	c := NewAssociative[int, string](4)
	c.SetOf(2).Put(2, "another", c.SetOf(2).Drops())
	set := c.SetOf(1)
	drops := set.Drops()
	set.Drop()
	set.Put(1, "old", drops)
	if v := set.Get(1); v != nil {
		t.Errorf("got %q", *v)
	}
	if v := set.Get(2); v != nil {
		t.Errorf("the set was dropped, and has %q", *v)
	}
}

// TestFewKeysDriveEachOtherOut: of a sixth as many keys as there is room for, asked for again and again.
func TestFewKeysDriveEachOtherOut(t *testing.T) {
	const room, keys = 1 << 16, 10_000
	c := NewAssociative[int, int](room)
	misses := 0
	for range 5 {
		misses = 0
		for key := range keys {
			if set := c.SetOf(key); set.Get(key) == nil {
				misses++
				set.Put(key, key, set.Drops())
			}
		}
	}
	if misses > keys/100 {
		t.Errorf("%d of %d keys are missing once all were put several times, want a hundredth at most", misses, keys)
	}
}
