package msdk

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// GroupAPI declares an interface of guild groups, which calls one command. Whether the app may use it is one of the command's
// checks.
func GroupAPI[Req, Rsp any](path string, action access.Action, check access.Stage, command *oidb.Command[Req, Rsp]) access.Endpoint {
	e := access.API("POST", path, action, check).Calls(access.Uses(&command.Declaration))
	e.Permission = platform.GroupPermission
	return e
}

// GroupMembers refuses empty members of a body, given as name and value in turn, with 221007.
func GroupMembers(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return retcode.GroupParameterInvalid.Errorf("body member %q is missing or empty", pairs[i])
		}
	}
	return nil
}

// ReadGuild reads the members that name a guild of the calling app, or returns 221007.
func ReadGuild(c *access.Call, zone, id string) (platform.Guild, error) {
	guild := platform.Guild{AppID: c.App.AppID, Zone: zone, ID: id}
	if err := guild.Validate(); err != nil {
		return guild, retcode.GroupParameterInvalid.Errorf("%v", err)
	}
	return guild, nil
}

// ReadGC reads the member with that name, which is the number of a group, or returns 221007.
func ReadGC(name, value string) (platform.GC, error) {
	gc, err := platform.ParseGC(value)
	if err != nil {
		return 0, retcode.GroupParameterInvalid.Errorf("body member %q is not the number of a group", name)
	}
	return gc, nil
}
