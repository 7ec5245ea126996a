package retcode_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/retcode"
)

// codes returns the candidates' codes as Error prints them, without their summaries; alternatives follow an "or".
func codes(candidates []retcode.Candidate) (list []string) {
	for _, c := range candidates {
		s := fmt.Sprintf("%v %d", c.Code.Domain(), c.Code.Number())
		if c.Alternative {
			s = "or " + s
		}
		list = append(list, s)
	}
	return list
}

func TestExplain(t *testing.T) {
	tests := []struct {
		name string
		text string
		want []string
	}{
		// Bare numbers.
		{"gateway before signed byte", "-5", []string{"qq -5", "or oidb 251"}},
		{"minus sign of a typeset document", "\u221273", []string{"qq -73"}},
		{"OAuth number", "100014", []string{"qq 100014"}},
		{"number in quotes", `"100014",`, []string{"qq 100014"}},
		{"group number", "221001", []string{"group 221001"}},
		{"number inside a range", "-500005", []string{"group -500005"}},
		{"range as printed", "-500003 ~ -500009", []string{"group -500003", "group -500004", "group -500005", "group -500006", "group -500007", "group -500008", "group -500009"}},
		{"range with a hyphen", "100013-100016", []string{"qq 100013", "qq 100014", "qq 100015", "qq 100016"}},
		{"range of negative numbers with a hyphen", "-4033--4035", []string{"gamecenter -4033", "gamecenter -4034", "gamecenter -4035"}},
		{"range whose sign stands once", "-4033-4035", []string{"gamecenter -4033", "gamecenter -4034", "gamecenter -4035"}},
		{"range with gaps", "100018..100021", []string{"connect 100019", "connect 100020", "share 100021"}},
		{"range in Chinese", "100013～100014", []string{"qq 100013", "qq 100014"}},
		{"range of everything", "-5000 ~ 100016", nil},
		{"range of small numbers with a hyphen", "10-22", nil},
		{"list", "100013, 100015", []string{"qq 100013", "qq 100015"}},
		{"list of small numbers", "17 5", nil},
		{"list of results in hex", "0x41, 0x47", []string{"accesstoken 65", "accesstoken 71"}},
		{"bytes in hex", "0x00, 0x01, 0x10, 0x10,", nil},
		{"bytes in hex of which one is zero", "0x00, 0x01,", nil},
		{"bytes in hex of which no list has one", "0x10, 0x2b,", nil},
		{"bytes in hex of which one is repeated", "0xfd, 0xff, 0xff, 0x2a,", nil},
		{"the three forms, unsigned first", "112 0x70 -144 frozen", []string{"oidb 112"}},
		{"the three forms, signed first", "-144|112|0x70|frozen", []string{"oidb 112"}},
		{"three numbers that are not one", "113 0x70 -144 frozen", nil},
		{"a small number before prose", "3 friends exceeded the message limit", nil},
		{"a small number before the documents' words", "3 message type error", []string{"qq 3"}},
		{"number in brackets of a sentence", "(100014).", []string{"qq 100014"}},
		{"32 bits without a sign", "4294967293", []string{"qq -3", "or oidb 253"}},
		{"32 bits in hex", "0xfffffffd", []string{"qq -3", "or oidb 253"}},
		{"64 bits without a sign", "18446744073709551543", []string{"qq -73"}},
		{"neither 32 nor 64 bits", "281474976710653", nil},
		{"date", "2024-10-22", nil},
		{"hex range as printed", "0x37~0x38", []string{"accesstoken 55", "accesstoken 56"}},
		{"device number, internal failure", "1", []string{"qq 1", "or connect 1", "or accesstoken 1"}},
		{"device number, bus number", "5", []string{"qq 5", "or oidb 5"}},
		{"two hex digits", "0x47", []string{"accesstoken 71"}},
		{"upper-case hex", "0X9B", []string{"oidb 155"}},
		{"hex of both token checks", "0x11", []string{"accesstoken 17", "or paytoken 17"}},
		{"decimal of both token checks", "17", []string{"paytoken 17", "or accesstoken 17"}},
		{"slip of the published list", "0x71", []string{"oidb 113", "or oidb 116"}},
		{"right hex of the slip", "0x74", []string{"oidb 116"}},
		{"signed byte", "-140", []string{"oidb 116"}},
		{"unsigned byte", "255", []string{"oidb 255"}},
		{"lowest byte", "-1", []string{"qq -1", "or oidb 255"}},
		{"one hex digit", "0x5", []string{"oidb 5"}},
		{"success", "0", []string{"gamecenter 0", "or paytoken 0", "or accesstoken 0"}},
		{"door's number", "1008", []string{"msdkv5 1008"}},
		{"number of MSDK V3's own", "-502", []string{"msdkv3 -502"}},
		{"number of MSDK V3 before signed byte", "-101", []string{"msdkv3 -101", "or oidb 155"}},
		{"unknown number", "-10000", nil},
		{"command number", "0x711", nil},
		{"number too long", "100000000000000000000", nil},
		{"empty text", "", nil},
		{"blank text", " \n", nil},

		// Answers.
		{"answer", `{"ret":221001,"msg":"..."}`, []string{"group 221001"}},
		{"answer of a door", `{"ret":1008,"msg":"invalid sig!"}`, []string{"msdkv5 1008"}},
		{"answer of OpenAPI", `{"ret":1002,"is_lost":0,"msg":"x"}`, []string{"openapi 1002"}},
		{"answer of /share/qq", `/share/qq {"ret":-10000,"msg":"32,no friend"}`, []string{"share 32"}},
		{"a token's number at /share/qq", `/share/qq {"ret":-10000,"msg":"100014,access token expired"}`, []string{"qq 100014"}},
		{"a limit at /share/qq", `/share/qq {"ret":-10000,"msg":"901204,too many"}`, []string{"qq 901204"}},
		{"a number of OAuth too, at /share/qq", `POST /share/qq -> {"ret":-10000,"msg":"100001,title is missing"}`, []string{"share 100001"}},
		{"the same number at another interface", `POST /relation/qqprofile -> {"ret":-10000,"msg":"100001,x"}`, []string{"qq 100001"}},
		{"a number of /share/qq alone", `{"ret":-10000,"msg":"103,title has more than 45 bytes"}`, []string{"share 103"}},
		{"number of two doors below OpenAPI's path", `GET /v3/user/get_info -> {"ret":1001,"msg":"x"}`, []string{"openapi 1001"}},
		{"number of two doors below MSDK V5's path", `interface=/v2/auth/nothing code=1001`, []string{"msdkv5 1001"}},
		{"number of two doors", "1001", []string{"msdkv5 1001", "or openapi 1001"}},
		{"answer with blanks", "{\n  \"ret\" : -5,\n  \"msg\" : \"signature wrong\"\n}", []string{"qq -5"}},
		{"answer with a string for the number", `{"code":"100013"}`, []string{"qq 100013"}},
		{"answer with a number of 32 bits without a sign", `{"ret":4294967291,"msg":""}`, []string{"qq -5"}},
		{"answer in XML", "<data>\n<ret>-5</ret>\n<msg>x</msg></data>", []string{"qq -5"}},
		{"comparison", "while ret>100014 do", nil},
		{"comparison with words about the code", "if (ret == -73) { // password changed", []string{"qq -73"}},
		{"comparison without words", "if (ret == -73) {", nil},
		{"words of source code that are English too", "ret=-5, please try again in case of failure, if it stays ask MSDK", []string{"qq -5", "or oidb 251"}},
		{"a dumped value with its type", `["ret"]=> int(-23)`, []string{"qq -23"}},
		{"the ret of any program", "game: cmd START ret:-5", nil},
		{"the ret of a program of QQ's", "game: qq x ret:-5", []string{"qq -5"}},
		{"a result of the bus that only doors have", "oidb ret=3", nil},
		{"source code", "return newError(221001); // of QQ", nil},
		{"answer of success", `{"ret":0,"msg":"success"}`, []string{"gamecenter 0"}},
		{"answer of the Game Center", `{"ret":-4001,"msg":""}`, []string{"gamecenter -4001"}},
		{"relay around the Game Center", `{"ret":0,"msg":"ok","data":{"ret":-4012,"msg":"x"}}`, []string{"gamecenter -4012"}},
		{"envelope", `{"ret":-10000,"msg":"100015,token revoked"}`, []string{"qq 100015"}},
		{"envelope, message shortened", `{"ret":-10000,"msg":"100015,..."}`, []string{"qq 100015"}},
		{"envelope, nothing after the code", `{"ret":-10000,"msg":"100015"}`, []string{"qq 100015"}},
		{"envelope, no text after the code", `{"msg":"-73,","ret":-10000}`, []string{"qq -73"}},
		{"no envelope, nothing after the number", `{"ret":-20000,"msg":"100015"}`, nil},
		{"message shortened", "100015,...", []string{"qq 100015"}},
		{"envelope, message first", `{"err_type":2,"msg":"-73,internal error","ret":-10000}`, []string{"qq -73"}},
		{"envelope of the Game Center", `{"ret":-10000,"msg":"-4035,data"}`, []string{"gamecenter -4035"}},
		{"envelope of WeChat", `{"ret":-20000,"msg":"-1,system error"}`, nil},
		{"envelope around an unknown number", `{"ret":-10000,"msg":"2999,something","platCode":"2999"}`, nil},
		{"answer of MSDK V2's groups", `{"ret":-10000,"msg":"2003,not a member","platCode":"2003"}`, []string{"v2group 2003", "or v2unbind 2003"}},
		{"answer of MSDK V2's groups, platCode alone", `{"ret":-10000,"msg":"","platCode":"2002"}`, []string{"v2group 2002", "or v2unbind 2002"}},
		{"answer of MSDK V2 to a query", `POST /relation/get_group_detail -> {"ret":-10000,"msg":"2007,gone","platCode":"2007"}`, []string{"v2group 2007"}},
		{"answer of MSDK V2 to an unbinding", `POST /relation/unbind_group -> {"ret":-10000,"msg":"2003,login","platCode":"2003"}`, []string{"v2unbind 2003"}},
		{"answer of MSDK V2 with a group's number", `POST /relation/get_groupinfo -> {"ret":-10000,"msg":"221008,app","platCode":"221008"}`, []string{"group 221008"}},
		{"answer of MSDK V5 to an unbinding", `POST /v2/group/unbind_group -> {"ret":1008,"msg":"invalid sig!"}`, []string{"msdkv5 1008"}},
		{"number of MSDK V2's groups alone", "2002", []string{"v2group 2002", "or v2unbind 2002"}},
		{"number of MSDK V2's groups elsewhere", `{"code":2003,"result":2010}`, nil},
		{"envelope without a code", `{"ret":-10000,"msg":"","platCode":"0"}`, nil},
		{"platform's code", `{"ret":-10000,"msg":"","platCode":"221002"}`, []string{"group 221002"}},
		{"the same code twice", `{"ret":221002,"platCode":"221002"}`, []string{"group 221002"}},
		{"platform's code that a door has too", `{"ret":-10000,"msg":"","platCode":"1001"}`, nil},
		{"failure of MSDK V3's own", `{"ret":-110,"msg":"guest check failed"}`, nil},
		{"answer of MSDK V3", `{"ret":-502,"msg":"sig is wrong"}`, []string{"msdkv3 -502"}},
		{"answer of MSDK V3 with a number that the bus has", `{"ret":-110,"msg":"guest check failed","err_type":2}`, []string{"msdkv3 -110"}},
		{"answer of MSDK V3 with the caller's serial", `{"ret":-101,"msg":"x","msdkExtInfo":"r7"}`, []string{"msdkv3 -101"}},
		{"answer of MSDK V3 and its origin", `{"ret":-103,"msg":"oidb decode0x73a failed, ret: 17","err_type":2}`, []string{"msdkv3 -103", "paytoken 17"}},
		{"envelope of MSDK V3 around a platform's code", `{"ret":-10000,"msg":"100014,oidb decode0x711 failed, ret: 65","err_type":2}`, []string{"qq 100014", "accesstoken 65"}},
		{"answer of MSDK V3 in a request's line", `POST /auth/verify_login/?timestamp=1700000000 -> {"ret":-101,"msg":"x"}`, []string{"msdkv3 -101"}},
		{"answer of MSDK V5 in a request's line", `POST /v2/auth/verify_login?ts=1700000000 -> {"ret":1008,"msg":"x"}`, []string{"msdkv5 1008"}},
		{"log line of MSDK V3", `{"interface":"/auth/get_pfval","code":-103,"domain":"msdkv3","error":"oidb decode0x73a failed, ret: 17"}`, []string{"msdkv3 -103", "paytoken 17"}},
		{"client's result", `{"retCode":5,"thirdCode":-73}`, []string{"qq -73"}},
		{"OAuth error", `{"error":100010,"error_description":"redirect uri is illegal"}`, []string{"qq 100010"}},
		{"OAuth error in JSONP", "callback( {\"error\":100013,\"error_description\":\"access token is illegal\"} );\n", []string{"qq 100013"}},
		{"OAuth error in an address", "https://graph.example/oauth2.0/show?which=error&display=pc&error=100010&client_id=1100001234", []string{"qq 100010"}},
		{"answer inside a message", `{"status":502,"msg":"{\"ret\":-5,\"msg\":\"wrong\"}"}`, []string{"qq -5"}},
		{"answer inside an escaped message", `{"a":"{\"b\":\"{\\\"ret\\\":-23}\"}"}`, []string{"qq -23"}},
		{"Chinese log", "登录失败，错误码：100015，请重试", []string{"qq 100015"}},
		{"Chinese log, narrow colon", "返回码: -73", []string{"qq -73"}},
		{"Chinese log, brackets", "登录失败（错误码【-73】）", []string{"qq -73"}},
		{"Chinese log, equals sign", "绑群失败 错误代码=221001", []string{"group 221001"}},
		{"Chinese log, short words", "返回 -73，错误：100014", []string{"qq 100014"}},
		{"Chinese log, key in brackets", "【错误码】100014", []string{"qq 100014"}},
		{"Chinese log, a count", "返回：5 条", nil},
		{"Chinese log, a number that is not a code", "在线人数：100015", nil},
		{"answer cut off", `{"ret":-4028,"ms`, []string{"gamecenter -4028"}},
		{"result of a token check", `{"result":17}`, nil},
		{"native head", `{"uint32_command":1850,"uint32_service_type":1,"uint32_result":17}`, []string{"paytoken 17"}},
		{"native head of the bus", `{"uint32_command":3842,"uint32_result":155}`, []string{"oidb 155"}},
		{"code with its domain", `{"domain":"oidb","code":-5}`, []string{"oidb 251"}},
		{"code before its domain", `{"code":17,"domain":"accesstoken"}`, []string{"accesstoken 17"}},

		// Answers of commands.
		{"pay token check", "oidb decode0x73a failed, ret: 17", []string{"paytoken 17"}},
		{"access token check", "oidb decode0x711 failed, ret: 65", []string{"accesstoken 65"}},
		{"access token check in hex", "0x711 ret=0x47", []string{"accesstoken 71"}},
		{"conversion of openids", "oidb decode0x71f failed, ret: 32", []string{"accesstoken 32"}},
		{"conversion of openids, nonce", "oidb decode0x71f failed, ret: 90", []string{"qq -26"}},
		{"conversion of openids, time", "0x71f ret=0x5b", []string{"qq -25"}},
		{"conversion of openids, answer", `{"ret":-26,"msg":"oidb decode0x71f failed, ret: 90"}`, []string{"qq -26"}},
		{"command of this platform's own", "oidb decode0xf00 failed, ret: 251004", []string{"qq 251004"}},
		{"bus below a token check", "oidb decode0x711 failed, ret: 154", []string{"oidb 154"}},
		{"bus below a token check, signed", "oidb decode0x73a failed, ret: -102", []string{"oidb 154"}},
		{"other command", "oidb decode0x5e1 failed, ret:116", []string{"oidb 116"}},
		{"other command's own number", "oidb decode0x5e1 failed, ret:17", nil},
		{"lowest number below another command", "oidb decode0x5e1 failed, ret:5", []string{"oidb 5"}},
		{"command after its result", "result=17 cmd=0x73a", []string{"paytoken 17"}},
		{"command with its service type", "OidbSvc.0x8fc_2 result=236", []string{"oidb 236"}},
		{"bus without a command", "oidb error, ret: -5", []string{"oidb 251"}},
		{"outer ret that says OIDB", "ret:-103 msg:oidb decode0x73a failed, ret:17", []string{"paytoken 17"}},
		{"answer and its origin", `{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`, []string{"qq 100014", "accesstoken 65"}},
		{"origin first", `{"msg":"oidb decode0x711 failed, ret: 71","ret":-73}`, []string{"qq -73", "accesstoken 71"}},

		// Messages and log lines.
		{"message", "-73,internal error", []string{"qq -73"}},
		{"message with a blank", "-73, internal error", []string{"qq -73"}},
		{"message of a positive number", "100015,access token is revoked", []string{"qq 100015"}},
		{"message in a log line", "2024-10-22 16:10:39 WARN platform said -73,internal error", []string{"qq -73"}},
		{"message in logfmt", `level=warn msg="-73,internal error"`, []string{"qq -73"}},
		{"message in logfmt without quotes", `level=warn msg=-73,internal`, []string{"qq -73"}},
		{"logfmt", "level=info time=2026-03-05T10:00:00Z interface=/v2/auth/verify_login code=100014 took=5ms", []string{"qq 100014"}},
		{"logfmt without a context", "level=info code=-5", nil},
		{"interface of the gateway", "interface=/v3/user/get_info ret=-5", []string{"qq -5"}},
		{"interface in a bus's line", `interface=/v3/user/get_info msg="oidb slow" ret=-5`, []string{"qq -5"}},
		{"success of the Game Center", "GET /cgi-bin/QQConnect.fcgi?cmd=gc_achieve_report ret=0", []string{"gamecenter 0"}},
		{"success elsewhere", "interface=/v2/auth/verify_login code=0", nil},
		{"JSON log line", `{"time":"2026-03-05T10:00:00.117Z","level":"INFO","msg":"request","interface":"/v2/group/get_group_list","code":221008,"uin":100015,"port":8443}`, []string{"group 221008"}},
		{"own error text", `level=error err="read grant: accesstoken 65: the access token has expired"`, []string{"accesstoken 65"}},
		{"own error text of a signed number", "qq -5: the sig parameter does not verify", []string{"qq -5"}},
		{"own error text of a door's number", "connect 100019: the authorization code cannot be exchanged", []string{"connect 100019"}},
		{"name of a scenario", "accesstoken/65", []string{"accesstoken 65"}},
		{"refused connection", "connect 111: Connection refused", nil},
		{"number in brackets", "verify_login failed, ret[100013]", []string{"qq 100013"}},
		{"words before the number", "the platform returned error code 100014", []string{"qq 100014"}},

		{"number in brackets after its message", "openid openkey check failed (-24)", []string{"qq -24"}},
		{"typed value of a dump", `array(1) { ["ret"]=> int(-182001) }`, []string{"group -182001"}},
		{"two numbers, the surer one last", `QQ ret=-9 [1] {"error":100013,"error_description":"x"}`, []string{"qq 100013", "qq -9"}},
		{"number of the bus in brackets", "oidb: command 0x758 is forbidden here (250)", []string{"oidb 250"}},
		{"the platform's own words", "QQ login: access token expired", []string{"qq 100014"}},
		{"the platform's own words of another platform", "login: access token expired", nil},
		{"name of a constant", "got QQSignatureWrong", []string{"qq -5"}},
		{"name of a constant in another language", "throw Codes.GROUP_ANSWER_UNPARSABLE500003", []string{"group -500003"}},

		// Numbers that are no return codes.
		{"member that no door answers", "ret=-23 errmsg=error", nil},
		{"number in brackets without a message", "x [-73] failed", nil},
		{"times and sizes", "2024/10/22 16:10:39 1729584639 GET /index.html 200 5 155 bytes port 251 uin 100015 in 17ms", nil},
		{"date as a value", "code=2024-10-22 result=16:10 ret=1.5 error=17%", nil},
		{"unit after a value", "result=17ms ret=5s code=1x", nil},
		{"other codes", "exit code 1, status code: 5, grpc.code=5, country code=17, http-code=203", nil},
		{"HTTP status", `method=POST path=/x code=201`, nil},
		{"bus's code without the bus", `method=POST code=251`, nil},
		{"path of a file", "/usr/share/game/app.py: oidb ret=-140", []string{"oidb 116"}},
		{"keys that only end alike", "barcode=5 exit_code=1 xret=17 status_code=155", nil},
		{"counts in prose", "error: 3 files missing, result: 5 rows, code 17 of the plan", nil},
		{"thousands", "msg=\"100,000 users\" 100,000 more", nil},
		{"stack offset", "main.go:12 +0x711 code=17", nil},
		{"token", "access_token=17&code=AB17", nil},
		{"prose with a negative number", "when the id is -1, the first is meant", nil},
		{"comparison", "if result == 17", nil},
		{"item of a list", "5) buy milk", nil},
		{"number after a name that lacks it", "Authors and Group 42: others", nil},
		{"prose", "there were 17 players in 5 groups", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, codes(retcode.Explain(tt.text))); diff != "" {
				t.Errorf("Explain(%q): (-want +got)\n%s", tt.text, diff)
			}
		})
	}
}

func TestExplainOptions(t *testing.T) {
	tests := []struct {
		name   string
		text   string
		option retcode.Option
		want   []string
	}{
		{"domain of a bare number", "-5", retcode.WithDomain(retcode.OIDB), []string{"oidb 251"}},
		{"domain of an ambiguous number", "17", retcode.WithDomain(retcode.AccessToken), []string{"accesstoken 17"}},
		{"domain against the context", "oidb decode0x711 failed, ret: 17", retcode.WithDomain(retcode.PayToken), []string{"paytoken 17"}},
		{"domain of a door", "code=1008", retcode.WithDomain(retcode.MSDKv5), []string{"msdkv5 1008"}},
		{"domain of a command's results", "result=17", retcode.WithDomain(retcode.PayToken), []string{"paytoken 17"}},
		{"domain that lacks the number", "100014", retcode.WithDomain(retcode.Group), nil},
		{"errors only, success", `{"ret":0}`, retcode.ErrorsOnly(), nil},
		{"errors only, failure", `{"ret":-5}`, retcode.ErrorsOnly(), []string{"qq -5"}},
		{"errors only, a count", "17", retcode.ErrorsOnly(), nil},
		{"errors only, a code that is the whole text", "-5", retcode.ErrorsOnly(), []string{"qq -5", "or oidb 251"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, codes(retcode.Explain(tt.text, tt.option))); diff != "" {
				t.Errorf("Explain(%q): (-want +got)\n%s", tt.text, diff)
			}
		})
	}
}

func TestExplainReasons(t *testing.T) {
	tests := []struct {
		name      string
		text      string
		candidate int
		want      string // part of the reason
	}{
		{"origin", `{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`, 1, "origin"},
		{"signed byte", "-5", 1, "signed"},
		{"number shared with MSDK V3", "-103", 0, "MSDK V3"},
		{"two hex digits", "0x47", 0, "two hex digits"},
		{"slip", "0x71", 1, "by mistake"},
		{"command", "decode0x73a ret:17", 0, "0x73a"},
		{"interface", "path=/v2/group/x code=221001", 0, "guild group interface"},
		{"without its sign", "4294967293", 0, "-3 is printed so"},
		{"conversion of openids", "decode0x71f ret: 91", 0, "0x71f"},
		{"only one domain", "100014", 0, "No other domain"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := retcode.Explain(tt.text)
			if len(got) <= tt.candidate {
				t.Fatalf("Explain(%q) has %d candidates", tt.text, len(got))
			}
			if reason := got[tt.candidate].Reason; !strings.Contains(reason, tt.want) {
				t.Errorf("reason %q, want one with %q", reason, tt.want)
			}
		})
	}
}

func TestCandidateInChinese(t *testing.T) {
	found := retcode.Explain(`redis {"ret":4294967291,"msg":"signature"}`)
	if len(found) == 0 {
		t.Fatal("nothing is found")
	}
	c := found[0].In(retcode.Chinese)
	if want := "-5 不带符号时就写成这样。接口的 JSON 应答中放的就是这个域的返回码。"; c.Reason != want {
		t.Errorf("the reason is %q", c.Reason)
	}
	if got := c.Evidence.Against(); !slices.Contains(got, "文本提到了其他系统：Redis") {
		t.Errorf("against it %q", got)
	}
	if c.Entry != found[0].Entry.In(retcode.Chinese) || c.Code != retcode.QQSignatureWrong || c.In(retcode.English).Reason != found[0].Reason {
		t.Errorf("in Chinese it is %+v", c)
	}
	data, err := json.Marshal(c)
	if err != nil || !strings.Contains(string(data), `"文本提到了其他系统：Redis"`) || !strings.Contains(string(data), c.Reason) {
		t.Errorf("as JSON %s, %v", data, err)
	}
	for confidence, want := range map[retcode.Confidence][2]string{retcode.Certain: {"certain", "确定"}, retcode.Likely: {"likely", "很可能"}, retcode.Possible: {"possible", "可能"}} {
		if got := [2]string{confidence.In(retcode.English), confidence.In(retcode.Chinese)}; got != want {
			t.Errorf("%v is %q", confidence, got)
		}
	}
}

// Every form in which the list prints a number leads back to its row.
func TestExplainKnowsEveryPrintedForm(t *testing.T) {
	for e := range allEntries {
		forms := []string{strconv.Itoa(e.Low), strconv.Itoa(e.High), e.Hex, e.Signed, e.Unsigned}
		if e.Low != e.High && e.Hex == "" {
			forms = append(forms, fmt.Sprintf("%d ~ %d", e.High, e.Low))
		}
		for n := e.Low; n <= e.High; n++ {
			forms = append(forms, strconv.Itoa(n))
			if e.Hex != "" {
				forms = append(forms, fmt.Sprintf("0x%02x", n))
			}
		}
		for _, form := range forms {
			if form == "" {
				continue
			}
			// A result of a token check counts only with its command, unless it is in hex.
			result := (e.Domain == retcode.PayToken || e.Domain == retcode.AccessToken) && !strings.HasPrefix(form, "0x")
			for _, text := range []string{form, "ret: " + form, "ret=" + form} {
				if (strings.Contains(form, "~") || result) && text != form {
					continue
				}
				got := retcode.Explain(text)
				if !slices.ContainsFunc(got, func(c retcode.Candidate) bool { return c.Entry == e }) {
					t.Errorf("Explain(%q) = %v, without %s", text, codes(got), e.Symbol)
				}
			}
		}
	}
}

func TestCandidateJSON(t *testing.T) {
	text, err := json.Marshal(retcode.Explain("oidb decode0x711 failed, ret: 17")[0])
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"alternative", "answered_by", "cause", "class", "code", "confidence", "domain", "evidence", "hex", "http", "note", "on_qq", "on_rookery", "origin", "reason", "remedy", "summary", "symbol"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("members: (-want +got)\n%s", diff)
	}
	if got["domain"] != "accesstoken" || got["code"] != 17.0 || got["symbol"] != "AccessTokenAppIDInvalid11" {
		t.Errorf("got %s", text)
	}
}

func FuzzExplain(f *testing.F) {
	for _, seed := range []string{
		"-5", "0x10~0x11", `{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`, `{"ret":-10000,"msg":"-73,x"}`,
		"level=info interface=/v2/group/x code=221001", "callback( {\"error\":100013} );", `{"msg":"{\"ret\":-5}"}`,
		"qq -5: x", "\u221273,x", "cmd=gc_x domain=oidb OidbSvc.0x8fc_2 ret[5] thirdCode=-1 code(1)", "\\u12", "ret:\\\"",
		"client secret is illegal", "QQSignatureWrong", "retcode返回是100012", "错误码（-182008）", "登录失败，-500003～-500009", "this api without user authorization",
	} {
		f.Add(seed)
	}
	for _, line := range readLines(f) {
		f.Add(line.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		candidates, neighbours := retcode.ExplainAll(text)
		if len(candidates) > 64 || len(neighbours) > 16 {
			t.Errorf("%d candidates, %d neighbours", len(candidates), len(neighbours))
		}
		for i, c := range candidates {
			if found, ok := retcode.Lookup(c.Code.Domain(), c.Code.Number()); !ok || found != c.Code || c.Entry != c.Code.Entry() {
				t.Errorf("candidate %v is not in the catalogue", c)
			}
			if c.Reason == "" || c.Confidence == 0 || len(c.Evidence.For()) == 0 || i == 0 && c.Alternative {
				t.Errorf("candidate %d: %+v", i, c)
			}
		}
		for _, n := range neighbours {
			if n.Exact && n.Of == "" || n.In(retcode.English) == "" || n.In(retcode.Chinese) == "" {
				t.Errorf("%+v", n)
			}
		}
		for d := retcode.QQ; d <= retcode.V2Unbind; d++ {
			for _, c := range retcode.Explain(text, retcode.WithDomain(d), retcode.ErrorsOnly()) {
				if c.Code.Domain() != d || c.Code.Class() == retcode.ClassOK {
					t.Errorf("%v in domain %v", c.Code, d)
				}
			}
		}
	})
}

// An answer is the same in an address, in HTML and as a line of a longer text.
func FuzzExplainEscaped(f *testing.F) {
	for _, line := range readLines(f) {
		if strings.HasPrefix(line.text, "{") {
			f.Add(line.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !strings.Contains(text, `"`) || strings.ContainsAny(text, "%&") || strings.Contains(text, `\x`) || strings.Contains(text, `\u`) {
			t.Skip()
		}
		want := codes(retcode.Explain(text))
		for what, escaped := range map[string]string{
			"address":        strings.NewReplacer(`"`, "%22", "{", "%7B", ":", "%3a", " ", "%20").Replace(text),
			"nested address": strings.NewReplacer(`"`, "%2522", "{", "%257B").Replace(text),
			"HTML":           strings.ReplaceAll(text, `"`, "&quot;"),
			"JSON":           strings.ReplaceAll(text, `"`, `\u0022`),
			"nginx":          strings.ReplaceAll(text, `"`, `\x22`),
		} {
			if diff := cmp.Diff(want, codes(retcode.Explain(escaped))); diff != "" {
				t.Errorf("%q in %s: (-plain +escaped)\n%s", text, what, diff)
			}
		}
	})
}

// What another language makes of an answer is read as the answer: the number is found, whatever the message.
func FuzzExplainDumps(f *testing.F) {
	f.Add("token is invalid")
	f.Add("")
	f.Add("\u540d ]=> ) ' \" }")
	f.Fuzz(func(t *testing.T, msg string) {
		quoted := strconv.Quote(msg)
		for _, dump := range []string{
			`{"ret":-182001,"msg":` + quoted + `}`, `{'ret': -182001, 'msg': ` + quoted + `}`, `Array ( [ret] => -182001 [msg] => ` + quoted + ` )`,
			`["ret"]=> int(-182001) ["msg"]=> string(3) ` + quoted, `{"ret"=>-182001, "msg"=>` + quoted + `}`, `{ret=-182001, msg=` + quoted + `}`,
			`&main.Answer{Ret:-182001, Msg:` + quoted + `}`, `map[ret:-182001 msg:` + quoted + `]`, `ret = "-182001"; msg = ` + quoted + `;`,
			`["ret"] = -182001, ["msg"] = ` + quoted, `<ret>-182001</ret><msg>` + quoted + `</msg>`,
		} {
			found := retcode.Explain(dump, retcode.WithDomain(retcode.Group))
			if !slices.ContainsFunc(found, func(c retcode.Candidate) bool { return c.Code == retcode.GroupPlatformUnreachable }) {
				t.Errorf("%s: %v", dump, codes(found))
			}
		}
	})
}

func BenchmarkExplain(b *testing.B) {
	lines := map[string]string{
		"bare number":     "-5",
		"line of success": `{"time":"2026-03-05T10:00:00.117Z","level":"INFO","msg":"request","interface":"/v2/friend/friend_list","appid":"1100001234","openid":"AAAABBBBCCCCDDDD0000111122223333","uin":100015,"took":"5ms","bytes":512,"code":0}`,
		"line of failure": "time=2026-03-05T10:00:00.117Z level=info msg=request interface=/v2/auth/verify_login appid=1100001234 openid=AAAABBBBCCCCDDDD0000111122223333 took=5ms code=100014",
		"with its origin": `{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65","seq":"req-7"}`,
		"64 KiB of text":  strings.Repeat("the quick brown fox jumps over 13 lazy dogs; ", 1456),
	}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(lines[name])))
			for b.Loop() {
				retcode.Explain(lines[name], retcode.ErrorsOnly())
			}
		})
	}
}
