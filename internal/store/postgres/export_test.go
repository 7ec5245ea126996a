package postgres

// OpenLooking is Open with another time between two looks at the log of changes.
var OpenLooking = open
