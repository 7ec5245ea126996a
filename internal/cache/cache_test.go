package cache

import "testing"

func TestASlotHoldsTheLastValueOfItsKeys(t *testing.T) {
	c := NewDirectMapped[int, string](1)
	c.Slot(1).Put(1, "one", c.Slot(1).Drops())
	if v := c.Slot(1).Get(1); v == nil || *v != "one" {
		t.Errorf("got %v, want one", v)
	}
	if v := c.Slot(2).Get(2); v != nil {
		t.Errorf("another key has %q", *v)
	}
	c.Slot(2).Put(2, "two", c.Slot(2).Drops())
	if v := c.Slot(1).Get(1); v != nil {
		t.Errorf("what was driven out is %q", *v)
	}
	c.Clear()
	if v := c.Slot(2).Get(2); v != nil {
		t.Errorf("what was dropped is %q", *v)
	}
}

func TestAReadThatADropOvertookIsNotKept(t *testing.T) {
	c := NewDirectMapped[int, string](4)
	slot := c.Slot(1)
	drops := slot.Drops()
	slot.Drop()
	slot.Put(1, "old", drops)
	if v := slot.Get(1); v != nil {
		t.Errorf("got %q", *v)
	}
}
