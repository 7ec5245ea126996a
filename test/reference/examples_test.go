package reference_test

import (
	"github.com/rookeryhq/rookery/test/rookery"
)

// exchange is an interface with a request that succeeds and one that is refused with a code: an HTTP status at the interfaces of
// operators.
type exchange struct {
	at      string // method or methods, and path
	success request
	refusal request
	code    int
}

// The players of the examples, as bodies name them.
const (
	player5 = `"openid":"MSDK_OPENID","token":"MSDK_TOKEN"`
	player3 = `"appid":"100700001","openid":"OPENID","accessToken":"ACCESS_TOKEN"`
	share   = `"act":0,"title":"A heart for you","summary":"Come and play","target_url":"https://game.example/","image_url":"https://game.example/heart.png"`
)

// exchanges are the examples in the order in which they are made: groups are created before they are shown.
func (w *world) exchanges() (all []exchange) {
	for _, part := range [][]exchange{w.ofV5(), w.ofV5Groups(), w.ofV3(), w.ofV3Groups(), w.unserved(), w.ofOpenAPI(), w.ofConnect(), w.ofAdmin(), w.ofDev()} {
		all = append(all, part...)
	}
	return all
}

func (w *world) ofV5() (all []exchange) {
	add := func(path, body, right, wrong string, code int) {
		r := v5(w.arena, path, body)
		all = append(all, exchange{"POST " + path, r, r.replacing(right, wrong), code})
	}
	const token, expired = "MSDK_TOKEN", "EXPIRED_MSDK_TOKEN"
	add("/v2/auth/verify_login", `{`+player5+`}`, token, expired, 100014)
	add("/v2/auth/get_pfval", `{"openid":"MSDK_OPENID","pay_token":"PAY_TOKEN","channel_dis":"00000000"}`, `"00000000"`, `"shop"`, 1009)
	link := v5(w.arena, "/v2/auth/decrypt", "", "itopencodeparam", "LINK")
	all = append(all, exchange{"GET /v2/auth/decrypt", link, link.replacing("LINK", "x"), 10006})
	login := v5Client(w.arena, "/v2/auth/login", `{"channel_info":{"openid":"OPENID","access_token":"ACCESS_TOKEN"}}`)
	all = append(all, exchange{"POST /v2/auth/login", login, login.replacing("ACCESS_TOKEN", "x"), 100013})
	add("/v2/profile/userinfo", `{`+player5+`}`, token, expired, 100014)
	add("/v2/profile/query_qq_vip", `{`+player5+`,"vip":65}`, "65", "0", 1009)
	add("/v2/profile/query_qq_vip_richinfo", `{`+player5+`}`, token, expired, 116)
	add("/v2/friend/friend_list", `{`+player5+`}`, token, expired, 251002)
	add("/v2/friend/share", `{`+player5+`,`+share+`,"fopenids":[{"openid":"FRIEND_MSDK_OPENID","type":0}]}`, "https://game.example/heart", "heart", 1009)
	inbox := v5(w.arena, "/v2/friend/inbox", "", "openid", "FRIEND_MSDK_OPENID", "token", "FRIEND_MSDK_TOKEN", "limit", "1")
	all = append(all, exchange{"GET /v2/friend/inbox", inbox, v5(w.arena, "/v2/friend/inbox", "", "openid", "FRIEND_MSDK_OPENID", "token", "FRIEND_MSDK_TOKEN", "limit", "0"), 1007})
	add("/v2/acvm/report", `{`+player5+`,"achievements":[{"type":3,"data":"900000"},{"type":12,"data":"1","bcover":1},{"type":26,"data":"3","bcover":1},{"type":27,"data":"3","bcover":1},{"type":28,"data":"900001","bcover":1}]}`,
		`"type":12`, `"type":14`, -4006)
	return all
}

func (w *world) ofV5Groups() (all []exchange) {
	add := func(path, body, right, wrong string, code int) {
		r := v5(w.arena, path, body)
		all = append(all, exchange{"POST " + path, r, r.replacing(right, wrong), code})
	}
	const (
		guild  = `"guild_id":"2134","zone_id":"1","roleid":"7001"`
		friend = `"openid":"FRIEND_MSDK_OPENID","token":"FRIEND_MSDK_TOKEN"`
	)
	add("/v2/group/remind_leader_bind", `{`+friend+`,`+guild+`,"role_name":"Ben","leader_openid":"MSDK_OPENID","leader_roleid":"7001"}`, `"leader_roleid":"7001"`, `"leader_roleid":""`, 221007)
	add("/v2/group/create_bind_group", `{`+player5+`,`+guild+`,"guild_name":"Night Herons"}`, "2134", "x", 221007)
	add("/v2/group/get_group_info", `{`+player5+`,`+guild+`}`, "MSDK_OPENID", "x", 221006)
	add("/v2/group/get_group_list", `{`+player5+`}`, "MSDK_OPENID", "x", 221006)
	add("/v2/group/get_group_rela_info", `{`+player5+`,"groupid":"700000002"}`, "700000002", "1", 221002)
	add("/v2/group/join_group", `{`+friend+`,`+guild+`,"groupid":"700000002","user_name":"Ben"}`, "2134", "2135", 221002)
	add("/v2/group/send_group_msg", `{`+player5+`,`+guild+`,"msg_type":1,"title":"Raid","desc":"Tonight at eight"}`, `"msg_type":1`, `"msg_type":9`, 221007)
	add("/v2/group/unbind_group", `{`+player5+`,`+guild+`}`, "2134", "2135", 221002)
	add("/v2/group/bind_existing_group", `{`+player5+`,`+guild+`,"groupid":"700000002","guild_name":"Night Herons"}`, "700000002", "1", 221001)
	return all
}

func (w *world) ofV3() (all []exchange) {
	add := func(path, body, right, wrong string, code int, more ...string) {
		r := v3(w.arena, path, body, more...)
		all = append(all, exchange{"POST " + path, r, r.replacing(right, wrong), code})
	}
	const token, expired = "ACCESS_TOKEN", "x"
	add("/auth/verify_login", `{"appid":"100700001","openid":"OPENID","openkey":"ACCESS_TOKEN"}`, token, expired, -10000)
	add("/auth/guest_check_token", `{"guestid":"GUEST_ID","accessToken":"GUEST_TOKEN"}`, "GUEST_TOKEN", "x", -110, "appid", "G_100700001")
	add("/auth/get_pfval", `{"appid":"100700001","openid":"OPENID","accessToken":"PAY_TOKEN","platform":"desktop_m_qq","regChannel":"00000000","os":"android","installchannel":"00000000"}`,
		`"desktop_m_qq"`, `"desktop_m_wx"`, -1011)
	add("/relation/qqprofile", `{`+player3+`}`, token, expired, -10000)
	add("/relation/qqfriends_detail", `{`+player3+`,"flag":1}`, `"flag":1`, `"flag":3`, -10000)
	add("/relation/qqstrange_profile", `{`+player3+`,"vcopenid":["FRIEND_OPENID"]}`, "FRIEND_OPENID", "x", -10000)
	add("/relation/qq_unreg_friends", `{`+player3+`,"count":5}`, `5`, `51`, -10000)
	add("/relation/qqfriends_vip", `{`+player3+`,"fopenids":["FRIEND_OPENID"],"flags":"qq_vip,qq_svip"}`, "qq_svip", "pink", -10000)
	add("/relation/get_vip_rich_info", `{`+player3+`}`, token, expired, -103)
	add("/profile/query_vip", `{`+player3+`,"vip":65}`, "65", "0", -1011)
	add("/profile/get_wifi", `{"appid":"100700001","openid":"OPENID"}`, "OPENID", "x", -10002)
	add("/profile/qqget_first_reg", `{"openid":"OPENID","accessToken":"ACCESS_TOKEN"}`, token, expired, -103)
	add("/share/qq", `{"openid":"OPENID","access_token":"ACCESS_TOKEN","oauth_consumer_key":"100700001","dst":1001,"flag":1,`+share+`,"fopenids":[{"openid":"FRIEND_OPENID","type":0}]}`, "1001", "1", -10000)
	add("/profile/qqscore_batch", `{`+player3+`,"param":[{"type":3,"data":"910000"},{"type":12,"data":"1","bcover":1},{"type":26,"data":"3","bcover":1},{"type":27,"data":"3","bcover":1},{"type":28,"data":"900001","bcover":1}]}`,
		`"type":12`, `"type":14`, -10000)
	add("/profile/qqscore", `{`+player3+`,"type":3,"data":"920000"}`, `"type":3`, `"type":26`, -10000)
	return all
}

func (w *world) ofV3Groups() (all []exchange) {
	add := func(path, body, right, wrong string, code int) {
		r := v3(w.harbour, path, body)
		all = append(all, exchange{"POST " + path, r, r.replacing(right, wrong), code})
	}
	const (
		player = `"appid":"100700002","openid":"HARBOUR_OPENID","accessToken":"HARBOUR_ACCESS_TOKEN"`
		friend = `"appid":"100700002","openid":"HARBOUR_FRIEND_OPENID","accessToken":"HARBOUR_FRIEND_ACCESS_TOKEN"`
		guild  = `"guild_id":"2134","zone_id":"1","guild_name":"Night Herons","roleid":"7001"`
		old    = `"opt":"0","unionid":"2134","zoneid":"1"`
	)
	add("/relation/createbind_groupv2", `{`+player+`,`+guild+`}`, "2134", "x", 221007)
	add("/relation/get_groupcode", `{`+player+`,`+guild+`}`, "2134", "x", 221007)
	add("/relation/get_group_listv2", `{`+player+`}`, `"HARBOUR_OPENID"`, `"x"`, 221006)
	add("/relation/get_groupinfov2", `{`+player+`,"gc":"700000003"}`, "700000003", "x", 221007)
	add("/relation/join_groupv2", `{`+friend+`,`+guild+`,"gc":"700000003"}`, "2134", "2135", 221002)
	add("/relation/get_groupopenid", `{`+player+`,`+old+`}`, "2134", "2135", -10000)
	add("/relation/get_groupinfo", `{`+player+`,"groupOpenid":"GROUP_OPENID"}`, "GROUP_OPENID", "x", -10000)
	add("/relation/get_group_detail", `{`+player+`,`+old+`}`, "2134", "2135", -10000)
	add("/relation/get_group_key", `{`+player+`,"groupOpenid":"GROUP_OPENID"}`, "GROUP_OPENID", "x", -10000)
	add("/relation/send_groupmsg", `{`+player+`,"pf":"qqqun","group_openid":"GROUP_OPENID","title":"Raid","desc":"Tonight at eight"}`, "qqqun", "qq", 221007)
	add("/relation/unbind_group", `{`+player+`,"groupOpenid":"GROUP_OPENID","unionid":"2134"}`, "GROUP_OPENID", "x", -10000)
	add("/relation/bind_existing_groupv2", `{`+player+`,`+guild+`,"gc":"700000003"}`, "700000003", "x", 221007)
	add("/relation/unlink_groupv2", `{`+player+`,`+guild+`}`, "2134", "2135", 221002)
	return all
}

// unserved are the interfaces of MSDK V3 that are always refused.
func (w *world) unserved() (all []exchange) {
	for _, path := range []string{
		"/auth/getlogin_info", "/auth/qqa8_login",
		"/wxoauth/verify_login", "/wxoauth/guest_check_token", "/wxoauth/get_pfval", "/wxoauth/getlogin_info", "/wxoauth/qqa8_login",
		"/share/qzone", "/auth/share/qq",
		"/relation/qqfriends", "/relation/qq_gain_chest", "/relation/qq_gain_chestV2",
		"/profile/load_vip", "/profile/get_gift", "/relation/get_gift", "/relation/get_wifi",
		"/relation/qqscore_batch", "/profile/get_xinyue_super",
	} {
		all = append(all, exchange{"POST " + path, nil, v3(w.arena, path, `{`+player3+`}`), -311})
	}
	return all
}

func (w *world) ofOpenAPI() (all []exchange) {
	ark := signedForm(w.arena, "POST", "/share/ark", "openid", "OPENID", "fopenid", "FRIEND_OPENID", "accesstoken", "ACCESS_TOKEN", "scene", "demo", "extraJSON", `{"title":"A heart for you","text":"Come and play"}`)
	all = append(all, exchange{"POST /share/ark", ark, ark.replacing("demo", "none"), 225009})
	add := func(path string, code int, wrong [2]string, params ...string) {
		r := openAPI(w.arena, path, params...)
		all = append(all, exchange{"GET POST " + path, r, r.replacing(wrong[0], wrong[1]), code})
	}
	expired := [2]string{"OPENKEY", "x"}
	add("/v3/user/get_info", -23, expired)
	add("/v3/user/is_login", -23, expired)
	add("/v3/user/is_setup", -23, expired)
	add("/v3/user/is_vip", -9, [2]string{"qzone", "qqgame"})
	add("/v3/user/total_vip_info", -1, [2]string{"1", "2"}, "member_vip", "1", "yellow_vip", "1")
	add("/v3/user/get_multi_info", -1, [2]string{"FRIEND_OPENID", "x"}, "fopenids", "FRIEND_OPENID")
	add("/v3/user/friends_vip_info", -1, [2]string{"FRIEND_OPENID", "x"}, "fopenids", "FRIEND_OPENID")
	add("/v3/relation/get_app_friends", 251001, [2]string{"1", "3"}, "flag", "1")
	add("/v3/relation/is_friend", -1, [2]string{"FRIEND_OPENID", "x"}, "fopenid", "FRIEND_OPENID")
	add("/v3/csec/word_filter", -23, expired, "content", "hello")
	return all
}

func (w *world) ofConnect() []exchange {
	const secret = "client_id=100700001&client_secret=demoappkey100700001magpiearena00"
	basic := rookery.Basic(w.arena.AppID, w.arena.AppKey)
	token := plain("GET", "/oauth2.0/token", "grant_type=authorization_code&"+secret+"&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback&code=CODE", "")
	me := plain("GET", "/oauth2.0/me", "access_token=ACCESS_TOKEN", "")
	about := plain("POST", "/oauth2.0/introspect", "token=ACCESS_TOKEN", basic)
	revoke := plain("POST", "/oauth2.0/revoke", "token=HARBOUR_FRIEND_ACCESS_TOKEN", basic)
	info := plain("GET", "/user/get_user_info", "access_token=ACCESS_TOKEN&oauth_consumer_key=100700001&openid=OPENID", "")
	simple := plain("GET", "/user/get_simple_userinfo", "access_token=ACCESS_TOKEN&oauth_consumer_key=100700001&openid=OPENID", "")
	profile := game(w.arena, "gc_profile")
	return []exchange{
		{"GET POST /oauth2.0/token", token, token.replacing("CODE", "0123456789ABCDEF0123456789ABCDEF"), 100019},
		{"GET POST /oauth2.0/me", me, me.replacing("ACCESS_TOKEN", "x"), 100013},
		{"POST /oauth2.0/introspect", about, about.replacing("token=", "text="), -1},
		{"POST /oauth2.0/revoke", revoke, revoke.replacing("token=", "text="), -1},
		{"GET POST /user/get_user_info", info, info.replacing("=OPENID", "=x"), -1},
		{"GET POST /user/get_simple_userinfo", simple, simple.replacing("ACCESS_TOKEN", "x"), -23},
		{"GET POST /cgi-bin/QQConnect.fcgi", profile, game(w.arena, "gc_profile", "friend", "x"), -4022},
	}
}

// ofAdmin are the interfaces of operators. Those of one thing are in the order of its life.
func (w *world) ofAdmin() (all []exchange) {
	add := func(at, target, body, wrongTarget, wrongBody string, status int) {
		method := at[:4]
		for method[len(method)-1] == ' ' || method[len(method)-1] == '/' {
			method = method[:len(method)-1]
		}
		all = append(all, exchange{at, admin(target, body), admin(wrongTarget, wrongBody), status})
	}
	one := func(at, body string, status int, wrongBody string) { add(at, at, body, at, wrongBody, status) }
	unknown := func(at, right, wrong, body string) { add(at, right, body, wrong, body, 404) }

	one("POST /admin/v1/apps", `{"name":"Crow Court","gameid":"13","online":true}`, 400, `{"title":"Crow Court"}`)
	add("GET /admin/v1/apps", "GET /admin/v1/apps", "", "GET /admin/v1/apps", "", 401)
	unknown("GET /admin/v1/apps/{appid}", "GET /admin/v1/apps/100700001", "GET /admin/v1/apps/1", "")
	unknown("GET /admin/v1/apps/{appid}/keys", "GET /admin/v1/apps/100700003/keys", "GET /admin/v1/apps/1/keys", "")
	unknown("PATCH /admin/v1/apps/{appid}", "PATCH /admin/v1/apps/100700003", "PATCH /admin/v1/apps/1", `{"grant":["group"]}`)
	unknown("POST /admin/v1/apps/{appid}/keys", "POST /admin/v1/apps/100700003/keys", "POST /admin/v1/apps/1/keys", `{"name":"sigkey:2"}`)
	unknown("POST /admin/v1/apps/{appid}/doctor", "POST /admin/v1/apps/100700001/doctor", "POST /admin/v1/apps/1/doctor", `{"apis":["/v2/auth/verify_login"]}`)
	unknown("POST /admin/v1/apps/{appid}/idip", "POST /admin/v1/apps/100700001/idip", "POST /admin/v1/apps/1/idip", `{"zone_id":"1","guild_id":"2134","openid":"MSDK_OPENID"}`)
	unknown("GET /admin/v1/apps/{appid}/bindings", "GET /admin/v1/apps/100700001/bindings", "GET /admin/v1/apps/1/bindings", "")
	unknown("DELETE /admin/v1/apps/{appid}/bindings/{zone}/{guild}", "DELETE /admin/v1/apps/100700001/bindings/1/2134", "DELETE /admin/v1/apps/100700001/bindings/1/2135", "")
	unknown("GET /admin/v1/apps/{appid}/achievements", "GET /admin/v1/apps/100700001/achievements?uin=10001&type=3", "GET /admin/v1/apps/100700001/achievements?uin=10001&type=9999", "")
	unknown("GET /admin/v1/apps/{appid}/ranks", "GET /admin/v1/apps/100700001/ranks?board=all&limit=1", "GET /admin/v1/apps/1/ranks?board=all", "")
	unknown("GET /admin/v1/apps/{appid}/scenes", "GET /admin/v1/apps/100700001/scenes", "GET /admin/v1/apps/1/scenes", "")
	unknown("GET /admin/v1/apps/{appid}/scenes/{scene}", "GET /admin/v1/apps/100700001/scenes/demo", "GET /admin/v1/apps/100700001/scenes/none", "")
	unknown("PUT /admin/v1/apps/{appid}/scenes/{scene}", "PUT /admin/v1/apps/100700001/scenes/gift", "PUT /admin/v1/apps/1/scenes/gift", `{"template":{"type":"object"},"online":true}`)
	unknown("DELETE /admin/v1/apps/{appid}/scenes/{scene}", "DELETE /admin/v1/apps/100700001/scenes/gift", "DELETE /admin/v1/apps/100700001/scenes/none", "")

	one("POST /admin/v1/accounts", `{"password":"a new password","profile":{"nickname":"Hana"}}`, 400, `{"password":"x","profile":{}}`)
	add("GET /admin/v1/accounts", "GET /admin/v1/accounts?limit=1", "", "GET /admin/v1/accounts?limit=1001", "", 400)
	unknown("GET /admin/v1/accounts/{uin}", "GET /admin/v1/accounts/10009", "GET /admin/v1/accounts/99999", "")
	unknown("PATCH /admin/v1/accounts/{uin}", "PATCH /admin/v1/accounts/10009", "PATCH /admin/v1/accounts/99999", `{"city":"Leiden","vip":{"member":{"level":3}}}`)
	unknown("POST /admin/v1/accounts/{uin}/state", "POST /admin/v1/accounts/10009/state", "POST /admin/v1/accounts/99999/state", `{"state":"normal"}`)
	unknown("POST /admin/v1/accounts/{uin}/sign-out", "POST /admin/v1/accounts/10009/sign-out", "POST /admin/v1/accounts/99999/sign-out", "")
	unknown("POST /admin/v1/accounts/{uin}/password", "POST /admin/v1/accounts/10009/password", "POST /admin/v1/accounts/99999/password", `{"password":"another password"}`)
	unknown("POST /admin/v1/accounts/{uin}/friends", "POST /admin/v1/accounts/10009/friends", "POST /admin/v1/accounts/99999/friends", `{"friend":"10001"}`)
	unknown("GET /admin/v1/accounts/{uin}/friends", "GET /admin/v1/accounts/10009/friends", "GET /admin/v1/accounts/99999/friends", "")
	unknown("PATCH /admin/v1/accounts/{uin}/friends/{friend}", "PATCH /admin/v1/accounts/10009/friends/10001", "PATCH /admin/v1/accounts/10009/friends/99999", `{"remark":"Ann from school"}`)
	unknown("DELETE /admin/v1/accounts/{uin}/friends/{friend}", "DELETE /admin/v1/accounts/10009/friends/10001", "DELETE /admin/v1/accounts/10009/friends/99999", "")
	one("POST /admin/v1/tokens", `{"appid":"100700001","uin":"10009","kind":"access","lifetime":"1h"}`, 400, `{"appid":"100700001","uin":"10009","kind":"login"}`)
	unknown("POST /admin/v1/accounts/{uin}/reclaim", "POST /admin/v1/accounts/10009/reclaim", "POST /admin/v1/accounts/99999/reclaim", `{"appid":"100700001"}`)
	one("POST /admin/v1/tokens/inspect", `{"token":"ACCESS_TOKEN"}`, 400, `{"token":"x"}`)
	one("POST /admin/v1/tokens/revoke", `{"appid":"100700002","uin":"10003","by":"user"}`, 400, `{"appid":"100700002","uin":"10003","by":"nobody"}`)
	add("POST /admin/v1/keys", "POST /admin/v1/keys", "", "POST /admin/v1/keys", "", 401)
	add("GET /admin/v1/keys", "GET /admin/v1/keys", "", "GET /admin/v1/keys", "", 401)
	add("GET /admin/v1/gateways", "GET /admin/v1/gateways", "", "GET /admin/v1/gateways", "", 401)
	add("POST /admin/v1/events/test", "POST /admin/v1/events/test", "", "POST /admin/v1/events/test", "", 401)
	add("GET /admin/v1/events", "GET /admin/v1/events", "", "GET /admin/v1/events", "", 401)
	add("GET /admin/v1/gamecenter/commands", "GET /admin/v1/gamecenter/commands", "", "GET /admin/v1/gamecenter/commands", "", 401)
	unknown("PATCH /admin/v1/gamecenter/commands/{cmd}", "PATCH /admin/v1/gamecenter/commands/gc_rank", "PATCH /admin/v1/gamecenter/commands/gc_none", `{"on":true}`)

	one("POST /admin/v1/groups", `{"owner":"10001","name":"Night Herons"}`, 400, `{"name":"Night Herons"}`)
	add("GET /admin/v1/groups", "GET /admin/v1/groups?uin=10002", "", "GET /admin/v1/groups?uin=x", "", 400)
	unknown("GET /admin/v1/groups/{gc}", "GET /admin/v1/groups/700000004", "GET /admin/v1/groups/99999", "")
	unknown("PATCH /admin/v1/groups/{gc}", "PATCH /admin/v1/groups/700000004", "PATCH /admin/v1/groups/99999", `{"capacity":100}`)
	unknown("POST /admin/v1/groups/{gc}/disband", "POST /admin/v1/groups/700000004/disband", "POST /admin/v1/groups/99999/disband", "")
	add("GET /admin/v1/oidb/policy", "GET /admin/v1/oidb/policy", "", "GET /admin/v1/oidb/policy", "", 401)
	one("POST /admin/v1/operators", `{"name":"mara","role":"operator"}`, 400, `{"name":"Mara","role":"operator"}`)
	add("GET /admin/v1/operators", "GET /admin/v1/operators", "", "GET /admin/v1/operators", "", 401)
	unknown("PATCH /admin/v1/operators/{name}", "PATCH /admin/v1/operators/mara", "PATCH /admin/v1/operators/nobody", `{"role":"reader","new_token":true}`)
	unknown("DELETE /admin/v1/operators/{name}", "DELETE /admin/v1/operators/mara", "DELETE /admin/v1/operators/nobody", "")
	add("GET /admin/v1/audit", "GET /admin/v1/audit?object=operators/mara&limit=2", "", "GET /admin/v1/audit?limit=1001", "", 400)
	one("PATCH /admin/v1/oidb/policy", `{"commands":{"0x73a_1":{"rate":"100/s"}}}`, 400, `{"commands":{"0x999_1":{"rate":"100/s"}}}`)
	return all
}

func (w *world) ofDev() (all []exchange) {
	add := func(at, body string, status int, wrong, wrongBody string) {
		all = append(all, exchange{at, admin(at, body), admin(wrong, wrongBody), status})
	}
	add("POST /dev/v1/clock", `{"advance":"1h"}`, 400, "POST /dev/v1/clock", `{"advance":"soon"}`)
	add("GET /dev/v1/clock", "", 401, "GET /dev/v1/clock", "")
	add("POST /dev/v1/faults", `{"point":"store.read:grants","times":1}`, 400, "POST /dev/v1/faults", `{"point":"disk"}`)
	add("GET /dev/v1/faults", "", 401, "GET /dev/v1/faults", "")
	all = append(all, exchange{"DELETE /dev/v1/faults/{id}", admin("DELETE /dev/v1/faults/1", ""), admin("DELETE /dev/v1/faults/99", ""), 404})
	add("DELETE /dev/v1/faults", "", 401, "DELETE /dev/v1/faults", "")
	add("POST /dev/v1/answers", `{"api":"/v2/group/join_group","code":"group/221012","times":1}`, 400, "POST /dev/v1/answers", `{"api":"/v2/group/join_group","code":"group/1"}`)
	add("GET /dev/v1/answers", "", 401, "GET /dev/v1/answers", "")
	all = append(all, exchange{"DELETE /dev/v1/answers/{id}", admin("DELETE /dev/v1/answers/1", ""), admin("DELETE /dev/v1/answers/99", ""), 404})
	add("DELETE /dev/v1/answers", "", 401, "DELETE /dev/v1/answers", "")
	all = append(all, exchange{"GET /dev/v1/requests", admin("GET /dev/v1/requests?limit=1", ""), admin("GET /dev/v1/requests?limit=1001", ""), 400})
	add("GET /dev/v1/world", "", 401, "GET /dev/v1/world", "")
	add("POST /dev/v1/guilds", `{"appid":"100700001","zone_id":"1","guild_id":"2136","name":"Late Owls","leader":"10006","members":["10006"]}`, 400,
		"POST /dev/v1/guilds", `{"appid":"100700001","zone_id":"1","guild_id":"x","name":"Late Owls","leader":"10006"}`)
	add("GET /dev/v1/guilds", "", 401, "GET /dev/v1/guilds", "")
	all = append(all, exchange{"DELETE /dev/v1/guilds/{appid}/{zone}/{guild}", admin("DELETE /dev/v1/guilds/100700001/1/2136", ""), admin("DELETE /dev/v1/guilds/100700001/1/9", ""), 404})
	add("POST /dev/v1/reset", "", 401, "POST /dev/v1/reset", "") // the last: what the others made is gone
	return all
}
