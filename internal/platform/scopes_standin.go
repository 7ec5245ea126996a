package platform

// Scopes stands in for the list that part-connect brings; this file goes when it comes.
var Scopes = []string{"get_user_info"}
