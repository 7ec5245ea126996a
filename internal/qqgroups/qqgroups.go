// Package qqgroups is the group platform: QQ groups, their members and messages. It is a back end of its own with its own
// tables, reached as the commands 0xf02. It knows which guild of a game a group serves, but nothing of the binding, which is
// the game platform's.
package qqgroups
