"""The return codes of Rookery. Made by rookery codes export --format python."""

from enum import Enum
from typing import NamedTuple, Optional


class CodeClass(str, Enum):
    """What the calling program should do."""

    OK = "ok"
    RETRY = "retry"
    SLOW_DOWN = "slow-down"
    REAUTHORIZE = "reauthorize"
    FIX_REQUEST = "fix-request"
    FIX_CONFIGURATION = "fix-configuration"
    ASK_USER = "ask-user"
    CONTACT_PLATFORM = "contact-platform"
    INTERNAL = "internal"


class Code(NamedTuple):
    domain: str
    number: int
    symbol: str
    code_class: CodeClass
    summary: str


#: qq 1: QQ is not installed on the player's device
QQAppNotInstalled = 1
#: qq 3: unsupported message type for this share target
QQMessageTypeWrong = 3
#: qq 4: the message carries no content
QQMessageEmpty = 4
#: qq 5: message content breaks a content rule
QQMessageIllegal = 5
#: qq 6: the platform does not know the appid built into the game
QQAppNotRegistered = 6
#: qq 10000: Qzone cannot take a text-only share
QQQzoneTextOnly = 10000
#: qq -1: invalid or absent request parameter
QQParameterInvalid = -1
#: qq -2: appid does not exist
QQAppNotFound = -2
#: qq -3: the app has not been granted this API
QQAPINotGranted = -3
#: qq -4: calling address not allowed for the app
QQAddressNotAllowed = -4
#: qq -5: the sig parameter does not verify
QQSignatureWrong = -5
#: qq -6: app exceeded its call rate for this API
QQAppRateExceeded = -6
#: qq -7: plain HTTP used on an HTTPS-only API
QQHTTPSRequired = -7
#: qq -8: security audit has restricted the app or API
QQAuditRestricted = -8
#: qq -9: unknown API, or not offered on the pf platform
QQAPINotFound = -9
#: qq -10: private caller address refused by a sensitive API
QQInnerAddressNotAllowed = -10
#: qq -11: public caller address refused by a sensitive API
QQOuterAddressNotAllowed = -11
#: qq -12: test environment: the account is not a test number
QQTestNumberRequired = -12
#: qq -20: the user has not granted this scope
QQScopeNotGranted = -20
#: qq -21: access token replaced by a later login
QQAccessTokenSuperseded = -21
#: qq -22: openid is malformed or was never issued for this app
QQOpenIDIllegal = -22
#: qq -23: openkey cannot be read, or access token not valid
QQOpenKeyUnreadable = -23
#: qq -24: openid and openkey pair failed verification
QQOpenIDOpenKeyCheckFailed = -24
#: qq -25: request timestamp is over 10 minutes off
QQTimestampOutOfRange = -25
#: qq -26: nonce was used before
QQNonceReused = -26
#: qq -70: the openkey's app is not online
QQOpenKeyAppInvalid = -70
#: qq -71: openid does not go with the openkey
QQOpenIDOpenKeyMismatch = -71
#: qq -72: appkey differs between registry and permission cache
QQAppKeyRotating = -72
#: qq -73: token ended by a change of password
QQPasswordChanged = -73
#: qq 100000: response_type is missing or unknown
QQResponseTypeInvalid = 100000
#: qq 100001: client_id is absent or not numeric
QQClientIDMissing = 100001
#: qq 100002: client_secret is missing at the token step
QQClientSecretMissing = 100002
#: qq 100003: Authorization header is missing
QQAuthorizationHeaderMissing = 100003
#: qq 100004: grant_type is missing or unknown
QQGrantTypeInvalid = 100004
#: qq 100005: authorization code is missing
QQCodeMissing = 100005
#: qq 100006: refresh_token is missing
QQRefreshTokenMissing = 100006
#: qq 100007: access_token is missing
QQAccessTokenMissing = 100007
#: qq 100008: client_id names no registered app
QQClientNotFound = 100008
#: qq 100009: client_secret is wrong
QQClientSecretWrong = 100009
#: qq 100010: redirect_uri is not registered, or has changed
QQRedirectURIIllegal = 100010
#: qq 100011: the app is switched off
QQAppNotOnline = 100011
#: qq 100012: the interface accepts POST only
QQPostRequired = 100012
#: qq 100013: access token is not one of this platform's
QQAccessTokenUnreadable = 100013
#: qq 100014: access token has expired
QQAccessTokenExpired = 100014
#: qq 100015: access token was revoked
QQAccessTokenRevoked = 100015
#: qq 100016: access token failed its check for another reason
QQAccessTokenCheckFailed = 100016
#: qq 220028: too many calls for one user
QQUserRateExceeded = 220028
#: qq 251001: a friend interface parameter is not acceptable
QQFriendParameterIllegal = 251001
#: qq 251002: friend interface refused the access token
QQFriendTokenInvalid = 251002
#: qq 251003: the app lacks the relation permission
QQFriendPermissionMissing = 251003
#: qq 251004: friends could not be read
QQFriendCacheReadFailed = 251004
#: qq 251005: neither the friends nor their cache can be relied on
QQFriendCacheWriteFailed = 251005
#: qq 901203: sender has used up the message quota
QQSendQuotaExceeded = 901203
#: qq 901204: receiver has reached the message quota
QQReceiveQuotaExceeded = 901204
#: qq 901205: this pair had its one message today
QQPairQuotaExceeded = 901205
#: qq 9001010: the app or the card's mini program is not online
QQMessageAppNotOnline = 9001010
#: qq 225001: Ark: appid is empty
QQArkAppIDEmpty = 225001
#: qq 225002: Ark: openid is empty
QQArkOpenIDEmpty = 225002
#: qq 225003: Ark: fopenid is empty
QQArkFriendOpenIDEmpty = 225003
#: qq 225004: Ark: accesstoken is empty
QQArkAccessTokenEmpty = 225004
#: qq 225005: Ark: extraJSON is empty
QQArkExtraJSONEmpty = 225005
#: qq 225006: Ark: extraJSON does not fit the template
QQArkExtraJSONInvalid = 225006
#: qq 225007: Ark: friendship could not be checked
QQArkFriendCheckFailed = 225007
#: qq 225008: Ark: sender and receiver are not friends
QQArkNotFriends = 225008
#: qq 225009: Ark: the scene is unknown or not in effect yet
QQArkSceneNotFound = 225009
#: qq 225010: Ark: packing the card failed
QQArkPackFailed = 225010
#: group 221001: the guild already has a bound group
GroupGuildAlreadyBound = 221001
#: group 221002: the guild has no bound group
GroupGuildNotBound = 221002
#: group 221003: group platform gave a wrong answer to the binding step
GroupBindAnswerInvalid = 221003
#: group 221004: no group session for the caller
GroupSessionUnavailable = 221004
#: group 221005: caller is not the group's owner
GroupNotOwner = 221005
#: group 221006: openid in a group call is not valid
GroupOpenIDInvalid = 221006
#: group 221007: a parameter of the group call is not valid
GroupParameterInvalid = 221007
#: group 221008: app lacks group functions or an IDIP address
GroupPermissionMissing = 221008
#: group 221009: the game's IDIP server places this player outside the guild
GroupPlayerNotInGuild = 221009
#: group 221010: the account already owns the maximum number of groups
GroupOwnedLimitReached = 221010
#: group 221011: the account creates groups too fast
GroupCreateRateExceeded = 221011
#: group 221012: the bound group has been disbanded
GroupDisbanded = 221012
#: group 221013: group platform reported an unclassified error
GroupPlatformError = 221013
#: group 221014: stored binding could not be read
GroupBindingReadFailed = 221014
#: group 221015: binding could not be stored
GroupBindingWriteFailed = 221015
#: group 221016: official account's notice could not be sent
GroupNoticeFailed = 221016
#: group 221017: event stream did not take the binding's event
GroupEventReportFailed = 221017
#: group 221018: too many reminders to one leader
GroupRemindRateExceeded = 221018
#: group 221019: group already serves another guild
GroupBoundToOtherGuild = 221019
#: group 221020: fee-charging group cannot be bound
GroupFeeCharging = 221020
#: group 221021: only game groups can be bound
GroupNotGameGroup = 221021
#: group -182001: no connection to or answer from the group platform
GroupPlatformUnreachable = -182001
#: group -182002: binding cache failed
GroupCacheFailed = -182002
#: group -182003: group platform refused to create the group
GroupCreateRefused = -182003
#: group -182004: group platform refused to query the group
GroupQueryRefused = -182004
#: group -182005: conversion from openid to uin failed
GroupOpenIDToUINFailed = -182005
#: group -182006: group platform refused to let the player join
GroupJoinRefused = -182006
#: group -182007: group platform refused to list the groups
GroupListRefused = -182007
#: group -182008: the game's IDIP server failed to answer
GroupIDIPFailed = -182008
#: group -500009: an answer inside a group call could not be parsed
GroupAnswerUnparsable500009 = -500009
#: group -500008: an answer inside a group call could not be parsed
GroupAnswerUnparsable500008 = -500008
#: group -500007: an answer inside a group call could not be parsed
GroupAnswerUnparsable500007 = -500007
#: group -500006: an answer inside a group call could not be parsed
GroupAnswerUnparsable500006 = -500006
#: group -500005: an answer inside a group call could not be parsed
GroupAnswerUnparsable500005 = -500005
#: group -500004: an answer inside a group call could not be parsed
GroupAnswerUnparsable500004 = -500004
#: group -500003: an answer inside a group call could not be parsed
GroupAnswerUnparsable500003 = -500003
#: group -120000: login check of the group call failed
GroupTokenCheckFailed = -120000
#: gamecenter 0: success
GameCenterOK = 0
#: gamecenter -4000: setting up the command's handler failed
GameCenterHandlerFailed = -4000
#: gamecenter -4001: a required parameter is missing
GameCenterParameterMissing = -4001
#: gamecenter -4002: the sid cannot be opened
GameCenterSidInvalid = -4002
#: gamecenter -4003: the red dot's seen time could not be stored
GameCenterRedDotWriteFailed = -4003
#: gamecenter -4004: a request for the red dot lacks a required parameter
GameCenterRedDotParameterMissing = -4004
#: gamecenter -4005: the command is switched off
GameCenterCommandOff = -4005
#: gamecenter -4006: an achievement or challenge field is missing
GameCenterRequiredFieldMissing = -4006
#: gamecenter -4007: fetching friends for the ranking failed
GameCenterFriendsFailed = -4007
#: gamecenter -4008: access token fails the check
GameCenterAccessTokenInvalid = -4008
#: gamecenter -4009: the command was called too often
GameCenterRateExceeded = -4009
#: gamecenter -4010: conversion from openid to uin failed
GameCenterUINLookupFailed = -4010
#: gamecenter -4011: conversion from uin to openid failed
GameCenterOpenIDLookupFailed = -4011
#: gamecenter -4012: the reported value is not above the stored one
GameCenterValueNotGreater = -4012
#: gamecenter -4013: the skey does not belong to a live login of the uin
GameCenterSkeyInvalid = -4013
#: gamecenter -4014: the command has no identity check configured
GameCenterIdentityCheckUnset = -4014
#: gamecenter -4015: no such command
GameCenterCommandUnknown = -4015
#: gamecenter -4016: the sign parameter is wrong
GameCenterSignatureWrong = -4016
#: gamecenter -4017: no such openid
GameCenterOpenIDNotFound = -4017
#: gamecenter -4018: unforeseen failure inside the Game Center
GameCenterInternal = -4018
#: gamecenter -4019: achievements could not be read
GameCenterAchievementReadFailed = -4019
#: gamecenter -4020: the feed could not be posted
GameCenterFeedPostFailed = -4020
#: gamecenter -4021: the player's profile could not be read
GameCenterProfileReadFailed = -4021
#: gamecenter -4022: a parameter's value is unacceptable
GameCenterParameterInvalid = -4022
#: gamecenter -4023: the list of feeds could not be read
GameCenterFeedListFailed = -4023
#: gamecenter -4024: the player has no recently played game
GameCenterNoRecentGame = -4024
#: gamecenter -4025: recently played games could not be read
GameCenterRecentReadFailed = -4025
#: gamecenter -4026: Game Center is not set up for the app
GameCenterAppNotConfigured = -4026
#: gamecenter -4027: a feed's content could not be fetched
GameCenterFeedContentFailed = -4027
#: gamecenter -4028: param is not JSON
GameCenterParamNotJSON = -4028
#: gamecenter -4029: the member's challenge start was not recorded
GameCenterChallengeMemberBeginFailed = -4029
#: gamecenter -4030: the game's challenge start was not recorded
GameCenterChallengeGameBeginFailed = -4030
#: gamecenter -4031: the challenge does not start before it ends
GameCenterChallengePeriodInvalid = -4031
#: gamecenter -4032: the appid is not the caller's
GameCenterAppIDMismatch = -4032
#: gamecenter -4033: param is missing
GameCenterParamMissing = -4033
#: gamecenter -4034: param has no list
GameCenterListMissing = -4034
#: gamecenter -4035: an item lacks type or data
GameCenterItemIncomplete = -4035
#: gamecenter -4036: uin and credential belong to different users
GameCenterUINMismatch = -4036
#: gamecenter -4037: expires is not a future time in seconds
GameCenterExpiresInvalid = -4037
#: oidb 255: no back end instance, or the uin was never issued
OIDBNoInstance = 255
#: oidb 254: maintenance on the shard that holds the uin
OIDBShardInMaintenance = 254
#: oidb 253: the uin is a service account
OIDBInteractiveNumber = 253
#: oidb 155: the back end, or its store, could not be reached
OIDBConnectFailed = 155
#: oidb 154: the back end did not answer in time
OIDBDeadlineExceeded = 154
#: oidb 153: granted call rate exhausted
OIDBRateExceeded = 153
#: oidb 152: the test system was called without a test number
OIDBTestNumberRequired = 152
#: oidb 151: the login signature is not valid
OIDBLoginSignatureInvalid = 151
#: oidb 150: the game was not granted the command
OIDBCommandNotGranted = 150
#: oidb 149: the uin is on the black list
OIDBUINBlacklisted = 149
#: oidb 148: the client's address is on the black list
OIDBAddressBlacklisted = 148
#: oidb 147: the packet is over the size limit
OIDBPacketTooLarge = 147
#: oidb 146: a third-party caller has no permission
OIDBOpenNotGranted = 146
#: oidb 145: the packet cannot be unpacked
OIDBUnpackFailed = 145
#: oidb 112: the account is frozen
OIDBAccountFrozen = 112
#: oidb 113: the account is under staff protection
OIDBStaffProtected = 113
#: oidb 115: the account is under special protection
OIDBSpeciallyProtected = 115
#: oidb 116: the back end refused the access token
OIDBAccessTokenInvalid = 116
#: oidb 201: the group server is read-only for maintenance
OIDBGroupReadOnly = 201
#: oidb 202: the back end does not know the packet's type
OIDBPacketTypeUnknown = 202
#: oidb 203: a field is out of the back end's range
OIDBFieldOutOfRange = 203
#: oidb 204: the group is sealed
OIDBGroupSealed = 204
#: oidb 236: the command has no route
OIDBRouteMissing = 236
#: oidb 251: the command does not take class B numbers
OIDBClassBNotAllowed = 251
#: oidb 252: the command does not take class BC numbers
OIDBClassBCNotAllowed = 252
#: oidb 205: the test environment's rate is used up
OIDBTestRateExceeded = 205
#: oidb 193: protobuf is not enabled for the command
OIDBProtobufNotConfigured = 193
#: oidb 5: the bus does not know the command
OIDBCommandNotConfigured = 5
#: oidb 250: the test environment forbids the command
OIDBTestCommandForbidden = 250
#: oidb 249: the test environment has no forwarding for the command
OIDBTestForwardingMissing = 249
#: paytoken 0: the pay token is valid
PayTokenOK = 0
#: paytoken 16: the authorization behind the pay token is gone
PayTokenRevoked = 16
#: paytoken 17: the pay token has expired
PayTokenExpired = 17
#: paytoken 18: the pay token was superseded
PayTokenSuperseded = 18
#: paytoken 19: the appid is not the pay token's
PayTokenAppIDMismatch = 19
#: paytoken 20: the openid is not 16 bytes
PayTokenOpenIDLengthWrong = 20
#: paytoken 21: the openid was never issued for this app
PayTokenOpenIDInvalid = 21
#: paytoken 22: the openid was reclaimed
PayTokenOpenIDReclaimed = 22
#: paytoken 23: the check could not be made, or the account is frozen
PayTokenOpenIDCheckFailed = 23
#: paytoken 24: the openid is not the pay token's
PayTokenOpenIDMismatch = 24
#: paytoken 27: the appid is illegal
PayTokenAppIDInvalid = 27
#: paytoken 94: the pay token cannot be decrypted
PayTokenUndecryptable = 94
#: paytoken 101: a password change ended the pay token
PayTokenPasswordChanged = 101
#: accesstoken 0: the access token is valid
AccessTokenOK = 0
#: accesstoken 1: unforeseen failure during the check
AccessTokenInternal = 1
#: accesstoken 16: the appid is malformed or unknown
AccessTokenAppIDInvalid10 = 16
#: accesstoken 17: the appid is malformed or unknown
AccessTokenAppIDInvalid11 = 17
#: accesstoken 18: the app's record could not be read
AccessTokenAppReadFailed = 18
#: accesstoken 19: the keyring or the grant could not be read
AccessTokenGrantCheckFailed13 = 19
#: accesstoken 20: the keyring or the grant could not be read
AccessTokenGrantCheckFailed14 = 20
#: accesstoken 32: the openid is illegal
AccessTokenOpenIDInvalid = 32
#: accesstoken 33: the openkey is illegal
AccessTokenOpenKeyInvalid = 33
#: accesstoken 34: the openkey is another openid's
AccessTokenOpenKeyMismatch = 34
#: accesstoken 35: the openkey has expired
AccessTokenOpenKeyExpired = 35
#: accesstoken 36: the openkey's session could not be read or renewed
AccessTokenSessionFailed24 = 36
#: accesstoken 37: the openkey's session could not be read or renewed
AccessTokenSessionFailed25 = 37
#: accesstoken 38: the token's seal does not verify
AccessTokenSealInvalid = 38
#: accesstoken 39: the openid was reclaimed
AccessTokenOpenIDReclaimed = 39
#: accesstoken 42: the openid's data could not be read
AccessTokenOpenIDReadFailed = 42
#: accesstoken 46: the openid belongs to the Kaixin account family
AccessTokenOpenIDKaixin = 46
#: accesstoken 50: the openid of a service type 127 call is illegal
AccessTokenType127OpenIDInvalid32 = 50
#: accesstoken 51: the openid of a service type 127 call is illegal
AccessTokenType127OpenIDInvalid33 = 51
#: accesstoken 52: the openid of a service type 127 call is illegal
AccessTokenType127OpenIDInvalid34 = 52
#: accesstoken 53: the openid of a service type 127 call is illegal
AccessTokenType127OpenIDInvalid35 = 53
#: accesstoken 54: the openid of a service type 127 call is illegal
AccessTokenType127OpenIDInvalid36 = 54
#: accesstoken 55: the openid of a service type 127 call was reclaimed
AccessTokenType127OpenIDReclaimed37 = 55
#: accesstoken 56: the openid of a service type 127 call was reclaimed
AccessTokenType127OpenIDReclaimed38 = 56
#: accesstoken 64: no live grant stands behind the token
AccessTokenNotLive = 64
#: accesstoken 65: the access token has expired
AccessTokenExpired = 65
#: accesstoken 66: a newer login replaced the access token
AccessTokenSuperseded = 66
#: accesstoken 67: an action of the user froze the token
AccessTokenFrozen = 67
#: accesstoken 68: the access token is not for this appid
AccessTokenAppIDMismatch = 68
#: accesstoken 69: the access token is not for this openid
AccessTokenOpenIDMismatch = 69
#: accesstoken 70: the openkey has the wrong length
AccessTokenSessionKeyLengthWrong = 70
#: accesstoken 71: the password changed since the token was issued
AccessTokenPasswordChanged = 71
#: accesstoken 74: not an access token of this platform
AccessTokenUndecodable = 74
#: accesstoken 75: the account was recycled or is frozen
AccessTokenAccountGone = 75
#: accesstoken 76: the uin has no openid for this app
AccessTokenOpenIDRelationMissing = 76
#: accesstoken 83: an openid of the batch was reclaimed
AccessTokenBatchOpenIDReclaimed = 83
#: accesstoken 84: the batch's count differs from its list
AccessTokenBatchCountMismatch = 84
#: accesstoken 85: an openid of the batch is illegal
AccessTokenBatchOpenIDInvalid = 85
#: accesstoken 86: more than 500 openids in one batch
AccessTokenBatchTooLarge = 86
#: accesstoken 88: the appid of the body is not the caller's
AccessTokenAppIDInconsistent = 88
#: accesstoken 96: empty openid
AccessTokenOpenIDMissing = 96
#: accesstoken 97: empty openkey or access token
AccessTokenOpenKeyMissing = 97
#: accesstoken 98: illegal service type
AccessTokenServiceTypeInvalid = 98
#: accesstoken 99: empty appid
AccessTokenAppIDMissing = 99
#: msdkv5 1000: wrong HTTP method
V5MethodWrong = 1000
#: msdkv5 1001: no such path below /v2/
V5PathUnknown = 1001
#: msdkv5 1003: a URL parameter is missing
V5ParameterMissing = 1003
#: msdkv5 1004: the body is empty
V5BodyEmpty = 1004
#: msdkv5 1005: the body is not one valid JSON object
V5BodyMalformed = 1005
#: msdkv5 1006: a body member is missing or empty
V5FieldMissing = 1006
#: msdkv5 1007: a URL parameter is invalid
V5ParameterInvalid = 1007
#: msdkv5 1008: the signature is wrong
V5SignatureWrong = 1008
#: msdkv5 1009: a body member has a wrong type or value
V5FieldInvalid = 1009
#: msdkv5 1010: the request could not be read
V5RequestUnreadable = 1010
#: msdkv5 1199: unforeseen failure inside the platform
V5Internal = 1199
#: msdkv5 10006: the link parameter cannot be opened or has expired
V5LinkUndecryptable = 10006
#: msdkv3 -101: the HTTP request could not be read
V3HTTPUnreadable = -101
#: msdkv3 -103: a command of the bus failed
V3OIDBFailed = -103
#: msdkv3 -109: the guest check could not be made
V3GuestFailed = -109
#: msdkv3 -110: the guest's token is not valid for this call
V3GuestInvalid = -110
#: msdkv3 -303: the app was not granted this interface
V3APINotGranted = -303
#: msdkv3 -304: the body is not one valid JSON object
V3BodyNotJSON = -304
#: msdkv3 -307: unforeseen failure inside the platform
V3Internal = -307
#: msdkv3 -311: the interface has no command behind it
V3CommandMissing = -311
#: msdkv3 -501: the body is empty
V3BodyEmpty = -501
#: msdkv3 -502: the signature in the URL is wrong
V3SignatureWrong = -502
#: msdkv3 -503: one user called this interface too often
V3UserRateExceeded = -503
#: msdkv3 -504: appid does not exist
V3AppNotFound = -504
#: msdkv3 -505: no such interface
V3PathUnknown = -505
#: msdkv3 -506: a URL parameter is missing or malformed
V3ParameterMissing = -506
#: msdkv3 -901: not available to guests
V3NotForGuests = -901
#: msdkv3 -1011: a body member is empty or has a wrong type or value
V3FieldInvalid = -1011
#: msdkv3 -10002: the openid is not hex digits
V3OpenIDInvalid = -10002
#: connect 1: a parameter is repeated
ConnectParameterRepeated = 1
#: connect 100019: the authorization code cannot be exchanged
ConnectCodeInvalid = 100019
#: connect 100020: the authorization code was exchanged before
ConnectCodeReused = 100020
#: connect 100029: the request could not be read
ConnectRequestUnreadable = 100029
#: connect 100048: the app may not ask for unionids
ConnectUnionIDNotGranted = 100048
#: connect 100050: the refresh token cannot be used
ConnectRefreshTokenInvalid = 100050
#: connect 110504: unforeseen failure inside the platform
ConnectInternal = 110504
#: openapi 1001: unforeseen failure inside the platform
OpenAPIInternal = 1001
#: openapi 1002: the session has expired
OpenAPINotLoggedIn = 1002
#: share 2: a parameter of the share is wrong
ShareParameterWrong = 2
#: share 7: unforeseen failure of the message service
ShareInternal = 7
#: share 13: wrong command of the message service
ShareCommandWrong = 13
#: share 16: wrong packet to the message service
SharePacketWrong = 16
#: share 21: the message could not be serialized
ShareSerializeFailed = 21
#: share 22: the friend check could not be made
ShareBackEndFailed = 22
#: share 23: the message could not be stored
ShareStorageFailed = 23
#: share 24: the message service did not answer in time
ShareTimedOut = 24
#: share 25: unforeseen failure of the message sender
ShareSenderInternal = 25
#: share 26: the session of the message service failed
ShareSessionFailed = 26
#: share 27: the message has more than 700 bytes
ShareMessageTooLong = 27
#: share 28: the message cannot be built
ShareBuildFailed = 28
#: share 29: the receiver refuses messages
ShareReceiverRefuses = 29
#: share 30: receiver has reached the game's quota
ShareReceiverQuotaExceeded = 30
#: share 31: an account is illegal
ShareAccountIllegal = 31
#: share 32: the receiver is no friend of the sender
ShareNotFriends = 32
#: share 33: the app may not send messages
ShareNoRight = 33
#: share 34: the mass message was sent before
ShareDuplicateGroupSend = 34
#: share 35: the agent of the message service failed
ShareAgentFailed = 35
#: share 36: the task of the message failed
ShareTaskFailed = 36
#: share 37: nobody follows the account
ShareNoFans = 37
#: share 38: the platform behind the message service failed
SharePlatformFailed = 38
#: share 103: a text or an address of the message is too long
ShareTextTooLong = 103
#: share 99999: the message service was called too often
ShareTooOften = 99999
#: share 100000: the sender's login could not be verified
ShareLoginInvalid = 100000
#: share 100001: a body member is missing or has a wrong type or value
ShareFieldInvalid = 100001
#: share 100003: the share service failed
ShareServiceFailed = 100003
#: share 100004: the message has a forbidden word
ShareForbiddenWord = 100004
#: share 100012: the share service did not answer in time
ShareServiceTimedOut = 100012
#: share 100021: the hash against forged forms is wrong
ShareHashWrong = 100021
#: share 100030: the two are no friends, or the user did not authorize the call
ShareFriendRequired = 100030
#: share 100100: the share service takes POST only
SharePostOnly = 100100
#: share 100101: the page may not share
ShareRefererWrong = 100101
#: share 111111: unknown failure of the share service
ShareUnknown = 111111
#: v2group 2001: a parameter of the group query is wrong
V2GroupParameterInvalid = 2001
#: v2group 2002: no group is bound to the guild
V2GroupNotBound = 2002
#: v2group 2003: the player is not in the group
V2GroupNotMember = 2003
#: v2group 2004: the group serves no guild of this app
V2GroupNotBoundHere = 2004
#: v2group 2006: the groupOpenid is not one of this app
V2GroupOpenIDForeign = 2006
#: v2group 2007: the group was disbanded
V2GroupDisbanded = 2007
#: v2group 2010: the query failed inside the platform
V2GroupFailed = 2010
#: v2unbind 2001: there is no such binding
V2UnbindNotBound = 2001
#: v2unbind 2002: groupOpenid and unionid do not belong together
V2UnbindMismatch = 2002
#: v2unbind 2003: the player's login does not hold
V2UnbindLoginInvalid = 2003
#: v2unbind 2004: unbinding came too often
V2UnbindTooFrequent = 2004
#: v2unbind 2006: a parameter of the unbinding is wrong
V2UnbindParameterInvalid = 2006
#: v2unbind 2007: the unbinding failed inside the platform, in one of three ways
V2UnbindSystemError2007 = 2007
#: v2unbind 2008: the unbinding failed inside the platform, in one of three ways
V2UnbindSystemError2008 = 2008
#: v2unbind 2009: the unbinding failed inside the platform, in one of three ways
V2UnbindSystemError2009 = 2009
#: v2unbind 2010: the unbinding failed inside the platform
V2UnbindFailed = 2010

CODES = {
    ("qq", 1): Code("qq", 1, "QQAppNotInstalled", CodeClass.ASK_USER, "QQ is not installed on the player's device"),
    ("qq", 3): Code("qq", 3, "QQMessageTypeWrong", CodeClass.FIX_REQUEST, "unsupported message type for this share target"),
    ("qq", 4): Code("qq", 4, "QQMessageEmpty", CodeClass.FIX_REQUEST, "the message carries no content"),
    ("qq", 5): Code("qq", 5, "QQMessageIllegal", CodeClass.FIX_REQUEST, "message content breaks a content rule"),
    ("qq", 6): Code("qq", 6, "QQAppNotRegistered", CodeClass.FIX_CONFIGURATION, "the platform does not know the appid built into the game"),
    ("qq", 10000): Code("qq", 10000, "QQQzoneTextOnly", CodeClass.FIX_REQUEST, "Qzone cannot take a text-only share"),
    ("qq", -1): Code("qq", -1, "QQParameterInvalid", CodeClass.FIX_REQUEST, "invalid or absent request parameter"),
    ("qq", -2): Code("qq", -2, "QQAppNotFound", CodeClass.FIX_CONFIGURATION, "appid does not exist"),
    ("qq", -3): Code("qq", -3, "QQAPINotGranted", CodeClass.FIX_CONFIGURATION, "the app has not been granted this API"),
    ("qq", -4): Code("qq", -4, "QQAddressNotAllowed", CodeClass.FIX_CONFIGURATION, "calling address not allowed for the app"),
    ("qq", -5): Code("qq", -5, "QQSignatureWrong", CodeClass.FIX_REQUEST, "the sig parameter does not verify"),
    ("qq", -6): Code("qq", -6, "QQAppRateExceeded", CodeClass.SLOW_DOWN, "app exceeded its call rate for this API"),
    ("qq", -7): Code("qq", -7, "QQHTTPSRequired", CodeClass.FIX_REQUEST, "plain HTTP used on an HTTPS-only API"),
    ("qq", -8): Code("qq", -8, "QQAuditRestricted", CodeClass.CONTACT_PLATFORM, "security audit has restricted the app or API"),
    ("qq", -9): Code("qq", -9, "QQAPINotFound", CodeClass.FIX_REQUEST, "unknown API, or not offered on the pf platform"),
    ("qq", -10): Code("qq", -10, "QQInnerAddressNotAllowed", CodeClass.FIX_CONFIGURATION, "private caller address refused by a sensitive API"),
    ("qq", -11): Code("qq", -11, "QQOuterAddressNotAllowed", CodeClass.FIX_CONFIGURATION, "public caller address refused by a sensitive API"),
    ("qq", -12): Code("qq", -12, "QQTestNumberRequired", CodeClass.FIX_CONFIGURATION, "test environment: the account is not a test number"),
    ("qq", -20): Code("qq", -20, "QQScopeNotGranted", CodeClass.REAUTHORIZE, "the user has not granted this scope"),
    ("qq", -21): Code("qq", -21, "QQAccessTokenSuperseded", CodeClass.REAUTHORIZE, "access token replaced by a later login"),
    ("qq", -22): Code("qq", -22, "QQOpenIDIllegal", CodeClass.FIX_REQUEST, "openid is malformed or was never issued for this app"),
    ("qq", -23): Code("qq", -23, "QQOpenKeyUnreadable", CodeClass.REAUTHORIZE, "openkey cannot be read, or access token not valid"),
    ("qq", -24): Code("qq", -24, "QQOpenIDOpenKeyCheckFailed", CodeClass.REAUTHORIZE, "openid and openkey pair failed verification"),
    ("qq", -25): Code("qq", -25, "QQTimestampOutOfRange", CodeClass.FIX_REQUEST, "request timestamp is over 10 minutes off"),
    ("qq", -26): Code("qq", -26, "QQNonceReused", CodeClass.FIX_REQUEST, "nonce was used before"),
    ("qq", -70): Code("qq", -70, "QQOpenKeyAppInvalid", CodeClass.FIX_CONFIGURATION, "the openkey's app is not online"),
    ("qq", -71): Code("qq", -71, "QQOpenIDOpenKeyMismatch", CodeClass.REAUTHORIZE, "openid does not go with the openkey"),
    ("qq", -72): Code("qq", -72, "QQAppKeyRotating", CodeClass.RETRY, "appkey differs between registry and permission cache"),
    ("qq", -73): Code("qq", -73, "QQPasswordChanged", CodeClass.REAUTHORIZE, "token ended by a change of password"),
    ("qq", 100000): Code("qq", 100000, "QQResponseTypeInvalid", CodeClass.FIX_REQUEST, "response_type is missing or unknown"),
    ("qq", 100001): Code("qq", 100001, "QQClientIDMissing", CodeClass.FIX_REQUEST, "client_id is absent or not numeric"),
    ("qq", 100002): Code("qq", 100002, "QQClientSecretMissing", CodeClass.FIX_REQUEST, "client_secret is missing at the token step"),
    ("qq", 100003): Code("qq", 100003, "QQAuthorizationHeaderMissing", CodeClass.FIX_REQUEST, "Authorization header is missing"),
    ("qq", 100004): Code("qq", 100004, "QQGrantTypeInvalid", CodeClass.FIX_REQUEST, "grant_type is missing or unknown"),
    ("qq", 100005): Code("qq", 100005, "QQCodeMissing", CodeClass.FIX_REQUEST, "authorization code is missing"),
    ("qq", 100006): Code("qq", 100006, "QQRefreshTokenMissing", CodeClass.FIX_REQUEST, "refresh_token is missing"),
    ("qq", 100007): Code("qq", 100007, "QQAccessTokenMissing", CodeClass.FIX_REQUEST, "access_token is missing"),
    ("qq", 100008): Code("qq", 100008, "QQClientNotFound", CodeClass.FIX_CONFIGURATION, "client_id names no registered app"),
    ("qq", 100009): Code("qq", 100009, "QQClientSecretWrong", CodeClass.FIX_CONFIGURATION, "client_secret is wrong"),
    ("qq", 100010): Code("qq", 100010, "QQRedirectURIIllegal", CodeClass.FIX_CONFIGURATION, "redirect_uri is not registered, or has changed"),
    ("qq", 100011): Code("qq", 100011, "QQAppNotOnline", CodeClass.FIX_CONFIGURATION, "the app is switched off"),
    ("qq", 100012): Code("qq", 100012, "QQPostRequired", CodeClass.FIX_REQUEST, "the interface accepts POST only"),
    ("qq", 100013): Code("qq", 100013, "QQAccessTokenUnreadable", CodeClass.REAUTHORIZE, "access token is not one of this platform's"),
    ("qq", 100014): Code("qq", 100014, "QQAccessTokenExpired", CodeClass.REAUTHORIZE, "access token has expired"),
    ("qq", 100015): Code("qq", 100015, "QQAccessTokenRevoked", CodeClass.REAUTHORIZE, "access token was revoked"),
    ("qq", 100016): Code("qq", 100016, "QQAccessTokenCheckFailed", CodeClass.REAUTHORIZE, "access token failed its check for another reason"),
    ("qq", 220028): Code("qq", 220028, "QQUserRateExceeded", CodeClass.SLOW_DOWN, "too many calls for one user"),
    ("qq", 251001): Code("qq", 251001, "QQFriendParameterIllegal", CodeClass.FIX_REQUEST, "a friend interface parameter is not acceptable"),
    ("qq", 251002): Code("qq", 251002, "QQFriendTokenInvalid", CodeClass.REAUTHORIZE, "friend interface refused the access token"),
    ("qq", 251003): Code("qq", 251003, "QQFriendPermissionMissing", CodeClass.FIX_CONFIGURATION, "the app lacks the relation permission"),
    ("qq", 251004): Code("qq", 251004, "QQFriendCacheReadFailed", CodeClass.RETRY, "friends could not be read"),
    ("qq", 251005): Code("qq", 251005, "QQFriendCacheWriteFailed", CodeClass.RETRY, "neither the friends nor their cache can be relied on"),
    ("qq", 901203): Code("qq", 901203, "QQSendQuotaExceeded", CodeClass.SLOW_DOWN, "sender has used up the message quota"),
    ("qq", 901204): Code("qq", 901204, "QQReceiveQuotaExceeded", CodeClass.SLOW_DOWN, "receiver has reached the message quota"),
    ("qq", 901205): Code("qq", 901205, "QQPairQuotaExceeded", CodeClass.SLOW_DOWN, "this pair had its one message today"),
    ("qq", 9001010): Code("qq", 9001010, "QQMessageAppNotOnline", CodeClass.FIX_CONFIGURATION, "the app or the card's mini program is not online"),
    ("qq", 225001): Code("qq", 225001, "QQArkAppIDEmpty", CodeClass.FIX_REQUEST, "Ark: appid is empty"),
    ("qq", 225002): Code("qq", 225002, "QQArkOpenIDEmpty", CodeClass.FIX_REQUEST, "Ark: openid is empty"),
    ("qq", 225003): Code("qq", 225003, "QQArkFriendOpenIDEmpty", CodeClass.FIX_REQUEST, "Ark: fopenid is empty"),
    ("qq", 225004): Code("qq", 225004, "QQArkAccessTokenEmpty", CodeClass.FIX_REQUEST, "Ark: accesstoken is empty"),
    ("qq", 225005): Code("qq", 225005, "QQArkExtraJSONEmpty", CodeClass.FIX_REQUEST, "Ark: extraJSON is empty"),
    ("qq", 225006): Code("qq", 225006, "QQArkExtraJSONInvalid", CodeClass.FIX_REQUEST, "Ark: extraJSON does not fit the template"),
    ("qq", 225007): Code("qq", 225007, "QQArkFriendCheckFailed", CodeClass.RETRY, "Ark: friendship could not be checked"),
    ("qq", 225008): Code("qq", 225008, "QQArkNotFriends", CodeClass.ASK_USER, "Ark: sender and receiver are not friends"),
    ("qq", 225009): Code("qq", 225009, "QQArkSceneNotFound", CodeClass.FIX_CONFIGURATION, "Ark: the scene is unknown or not in effect yet"),
    ("qq", 225010): Code("qq", 225010, "QQArkPackFailed", CodeClass.FIX_REQUEST, "Ark: packing the card failed"),
    ("group", 221001): Code("group", 221001, "GroupGuildAlreadyBound", CodeClass.FIX_CONFIGURATION, "the guild already has a bound group"),
    ("group", 221002): Code("group", 221002, "GroupGuildNotBound", CodeClass.FIX_CONFIGURATION, "the guild has no bound group"),
    ("group", 221003): Code("group", 221003, "GroupBindAnswerInvalid", CodeClass.INTERNAL, "group platform gave a wrong answer to the binding step"),
    ("group", 221004): Code("group", 221004, "GroupSessionUnavailable", CodeClass.REAUTHORIZE, "no group session for the caller"),
    ("group", 221005): Code("group", 221005, "GroupNotOwner", CodeClass.ASK_USER, "caller is not the group's owner"),
    ("group", 221006): Code("group", 221006, "GroupOpenIDInvalid", CodeClass.FIX_REQUEST, "openid in a group call is not valid"),
    ("group", 221007): Code("group", 221007, "GroupParameterInvalid", CodeClass.FIX_REQUEST, "a parameter of the group call is not valid"),
    ("group", 221008): Code("group", 221008, "GroupPermissionMissing", CodeClass.FIX_CONFIGURATION, "app lacks group functions or an IDIP address"),
    ("group", 221009): Code("group", 221009, "GroupPlayerNotInGuild", CodeClass.ASK_USER, "the game's IDIP server places this player outside the guild"),
    ("group", 221010): Code("group", 221010, "GroupOwnedLimitReached", CodeClass.ASK_USER, "the account already owns the maximum number of groups"),
    ("group", 221011): Code("group", 221011, "GroupCreateRateExceeded", CodeClass.SLOW_DOWN, "the account creates groups too fast"),
    ("group", 221012): Code("group", 221012, "GroupDisbanded", CodeClass.FIX_CONFIGURATION, "the bound group has been disbanded"),
    ("group", 221013): Code("group", 221013, "GroupPlatformError", CodeClass.INTERNAL, "group platform reported an unclassified error"),
    ("group", 221014): Code("group", 221014, "GroupBindingReadFailed", CodeClass.RETRY, "stored binding could not be read"),
    ("group", 221015): Code("group", 221015, "GroupBindingWriteFailed", CodeClass.RETRY, "binding could not be stored"),
    ("group", 221016): Code("group", 221016, "GroupNoticeFailed", CodeClass.INTERNAL, "official account's notice could not be sent"),
    ("group", 221017): Code("group", 221017, "GroupEventReportFailed", CodeClass.INTERNAL, "event stream did not take the binding's event"),
    ("group", 221018): Code("group", 221018, "GroupRemindRateExceeded", CodeClass.SLOW_DOWN, "too many reminders to one leader"),
    ("group", 221019): Code("group", 221019, "GroupBoundToOtherGuild", CodeClass.FIX_CONFIGURATION, "group already serves another guild"),
    ("group", 221020): Code("group", 221020, "GroupFeeCharging", CodeClass.ASK_USER, "fee-charging group cannot be bound"),
    ("group", 221021): Code("group", 221021, "GroupNotGameGroup", CodeClass.ASK_USER, "only game groups can be bound"),
    ("group", -182001): Code("group", -182001, "GroupPlatformUnreachable", CodeClass.RETRY, "no connection to or answer from the group platform"),
    ("group", -182002): Code("group", -182002, "GroupCacheFailed", CodeClass.RETRY, "binding cache failed"),
    ("group", -182003): Code("group", -182003, "GroupCreateRefused", CodeClass.CONTACT_PLATFORM, "group platform refused to create the group"),
    ("group", -182004): Code("group", -182004, "GroupQueryRefused", CodeClass.CONTACT_PLATFORM, "group platform refused to query the group"),
    ("group", -182005): Code("group", -182005, "GroupOpenIDToUINFailed", CodeClass.INTERNAL, "conversion from openid to uin failed"),
    ("group", -182006): Code("group", -182006, "GroupJoinRefused", CodeClass.CONTACT_PLATFORM, "group platform refused to let the player join"),
    ("group", -182007): Code("group", -182007, "GroupListRefused", CodeClass.CONTACT_PLATFORM, "group platform refused to list the groups"),
    ("group", -182008): Code("group", -182008, "GroupIDIPFailed", CodeClass.RETRY, "the game's IDIP server failed to answer"),
    ("group", -500009): Code("group", -500009, "GroupAnswerUnparsable500009", CodeClass.INTERNAL, "an answer inside a group call could not be parsed"),
    ("group", -500008): Code("group", -500008, "GroupAnswerUnparsable500008", CodeClass.INTERNAL, "an answer inside a group call could not be parsed"),
    ("group", -500007): Code("group", -500007, "GroupAnswerUnparsable500007", CodeClass.INTERNAL, "an answer inside a group call could not be parsed"),
    ("group", -500006): Code("group", -500006, "GroupAnswerUnparsable500006", CodeClass.INTERNAL, "an answer inside a group call could not be parsed"),
    ("group", -500005): Code("group", -500005, "GroupAnswerUnparsable500005", CodeClass.INTERNAL, "an answer inside a group call could not be parsed"),
    ("group", -500004): Code("group", -500004, "GroupAnswerUnparsable500004", CodeClass.INTERNAL, "an answer inside a group call could not be parsed"),
    ("group", -500003): Code("group", -500003, "GroupAnswerUnparsable500003", CodeClass.INTERNAL, "an answer inside a group call could not be parsed"),
    ("group", -120000): Code("group", -120000, "GroupTokenCheckFailed", CodeClass.REAUTHORIZE, "login check of the group call failed"),
    ("gamecenter", 0): Code("gamecenter", 0, "GameCenterOK", CodeClass.OK, "success"),
    ("gamecenter", -4000): Code("gamecenter", -4000, "GameCenterHandlerFailed", CodeClass.INTERNAL, "setting up the command's handler failed"),
    ("gamecenter", -4001): Code("gamecenter", -4001, "GameCenterParameterMissing", CodeClass.FIX_REQUEST, "a required parameter is missing"),
    ("gamecenter", -4002): Code("gamecenter", -4002, "GameCenterSidInvalid", CodeClass.REAUTHORIZE, "the sid cannot be opened"),
    ("gamecenter", -4003): Code("gamecenter", -4003, "GameCenterRedDotWriteFailed", CodeClass.RETRY, "the red dot's seen time could not be stored"),
    ("gamecenter", -4004): Code("gamecenter", -4004, "GameCenterRedDotParameterMissing", CodeClass.FIX_REQUEST, "a request for the red dot lacks a required parameter"),
    ("gamecenter", -4005): Code("gamecenter", -4005, "GameCenterCommandOff", CodeClass.CONTACT_PLATFORM, "the command is switched off"),
    ("gamecenter", -4006): Code("gamecenter", -4006, "GameCenterRequiredFieldMissing", CodeClass.FIX_REQUEST, "an achievement or challenge field is missing"),
    ("gamecenter", -4007): Code("gamecenter", -4007, "GameCenterFriendsFailed", CodeClass.RETRY, "fetching friends for the ranking failed"),
    ("gamecenter", -4008): Code("gamecenter", -4008, "GameCenterAccessTokenInvalid", CodeClass.REAUTHORIZE, "access token fails the check"),
    ("gamecenter", -4009): Code("gamecenter", -4009, "GameCenterRateExceeded", CodeClass.SLOW_DOWN, "the command was called too often"),
    ("gamecenter", -4010): Code("gamecenter", -4010, "GameCenterUINLookupFailed", CodeClass.RETRY, "conversion from openid to uin failed"),
    ("gamecenter", -4011): Code("gamecenter", -4011, "GameCenterOpenIDLookupFailed", CodeClass.RETRY, "conversion from uin to openid failed"),
    ("gamecenter", -4012): Code("gamecenter", -4012, "GameCenterValueNotGreater", CodeClass.FIX_REQUEST, "the reported value is not above the stored one"),
    ("gamecenter", -4013): Code("gamecenter", -4013, "GameCenterSkeyInvalid", CodeClass.REAUTHORIZE, "the skey does not belong to a live login of the uin"),
    ("gamecenter", -4014): Code("gamecenter", -4014, "GameCenterIdentityCheckUnset", CodeClass.CONTACT_PLATFORM, "the command has no identity check configured"),
    ("gamecenter", -4015): Code("gamecenter", -4015, "GameCenterCommandUnknown", CodeClass.FIX_REQUEST, "no such command"),
    ("gamecenter", -4016): Code("gamecenter", -4016, "GameCenterSignatureWrong", CodeClass.FIX_REQUEST, "the sign parameter is wrong"),
    ("gamecenter", -4017): Code("gamecenter", -4017, "GameCenterOpenIDNotFound", CodeClass.FIX_REQUEST, "no such openid"),
    ("gamecenter", -4018): Code("gamecenter", -4018, "GameCenterInternal", CodeClass.INTERNAL, "unforeseen failure inside the Game Center"),
    ("gamecenter", -4019): Code("gamecenter", -4019, "GameCenterAchievementReadFailed", CodeClass.RETRY, "achievements could not be read"),
    ("gamecenter", -4020): Code("gamecenter", -4020, "GameCenterFeedPostFailed", CodeClass.RETRY, "the feed could not be posted"),
    ("gamecenter", -4021): Code("gamecenter", -4021, "GameCenterProfileReadFailed", CodeClass.RETRY, "the player's profile could not be read"),
    ("gamecenter", -4022): Code("gamecenter", -4022, "GameCenterParameterInvalid", CodeClass.FIX_REQUEST, "a parameter's value is unacceptable"),
    ("gamecenter", -4023): Code("gamecenter", -4023, "GameCenterFeedListFailed", CodeClass.RETRY, "the list of feeds could not be read"),
    ("gamecenter", -4024): Code("gamecenter", -4024, "GameCenterNoRecentGame", CodeClass.ASK_USER, "the player has no recently played game"),
    ("gamecenter", -4025): Code("gamecenter", -4025, "GameCenterRecentReadFailed", CodeClass.RETRY, "recently played games could not be read"),
    ("gamecenter", -4026): Code("gamecenter", -4026, "GameCenterAppNotConfigured", CodeClass.FIX_CONFIGURATION, "Game Center is not set up for the app"),
    ("gamecenter", -4027): Code("gamecenter", -4027, "GameCenterFeedContentFailed", CodeClass.RETRY, "a feed's content could not be fetched"),
    ("gamecenter", -4028): Code("gamecenter", -4028, "GameCenterParamNotJSON", CodeClass.FIX_REQUEST, "param is not JSON"),
    ("gamecenter", -4029): Code("gamecenter", -4029, "GameCenterChallengeMemberBeginFailed", CodeClass.RETRY, "the member's challenge start was not recorded"),
    ("gamecenter", -4030): Code("gamecenter", -4030, "GameCenterChallengeGameBeginFailed", CodeClass.RETRY, "the game's challenge start was not recorded"),
    ("gamecenter", -4031): Code("gamecenter", -4031, "GameCenterChallengePeriodInvalid", CodeClass.FIX_REQUEST, "the challenge does not start before it ends"),
    ("gamecenter", -4032): Code("gamecenter", -4032, "GameCenterAppIDMismatch", CodeClass.FIX_REQUEST, "the appid is not the caller's"),
    ("gamecenter", -4033): Code("gamecenter", -4033, "GameCenterParamMissing", CodeClass.FIX_REQUEST, "param is missing"),
    ("gamecenter", -4034): Code("gamecenter", -4034, "GameCenterListMissing", CodeClass.FIX_REQUEST, "param has no list"),
    ("gamecenter", -4035): Code("gamecenter", -4035, "GameCenterItemIncomplete", CodeClass.FIX_REQUEST, "an item lacks type or data"),
    ("gamecenter", -4036): Code("gamecenter", -4036, "GameCenterUINMismatch", CodeClass.REAUTHORIZE, "uin and credential belong to different users"),
    ("gamecenter", -4037): Code("gamecenter", -4037, "GameCenterExpiresInvalid", CodeClass.FIX_REQUEST, "expires is not a future time in seconds"),
    ("oidb", 255): Code("oidb", 255, "OIDBNoInstance", CodeClass.CONTACT_PLATFORM, "no back end instance, or the uin was never issued"),
    ("oidb", 254): Code("oidb", 254, "OIDBShardInMaintenance", CodeClass.RETRY, "maintenance on the shard that holds the uin"),
    ("oidb", 253): Code("oidb", 253, "OIDBInteractiveNumber", CodeClass.FIX_REQUEST, "the uin is a service account"),
    ("oidb", 155): Code("oidb", 155, "OIDBConnectFailed", CodeClass.RETRY, "the back end, or its store, could not be reached"),
    ("oidb", 154): Code("oidb", 154, "OIDBDeadlineExceeded", CodeClass.RETRY, "the back end did not answer in time"),
    ("oidb", 153): Code("oidb", 153, "OIDBRateExceeded", CodeClass.SLOW_DOWN, "granted call rate exhausted"),
    ("oidb", 152): Code("oidb", 152, "OIDBTestNumberRequired", CodeClass.FIX_CONFIGURATION, "the test system was called without a test number"),
    ("oidb", 151): Code("oidb", 151, "OIDBLoginSignatureInvalid", CodeClass.REAUTHORIZE, "the login signature is not valid"),
    ("oidb", 150): Code("oidb", 150, "OIDBCommandNotGranted", CodeClass.FIX_CONFIGURATION, "the game was not granted the command"),
    ("oidb", 149): Code("oidb", 149, "OIDBUINBlacklisted", CodeClass.CONTACT_PLATFORM, "the uin is on the black list"),
    ("oidb", 148): Code("oidb", 148, "OIDBAddressBlacklisted", CodeClass.CONTACT_PLATFORM, "the client's address is on the black list"),
    ("oidb", 147): Code("oidb", 147, "OIDBPacketTooLarge", CodeClass.FIX_REQUEST, "the packet is over the size limit"),
    ("oidb", 146): Code("oidb", 146, "OIDBOpenNotGranted", CodeClass.FIX_CONFIGURATION, "a third-party caller has no permission"),
    ("oidb", 145): Code("oidb", 145, "OIDBUnpackFailed", CodeClass.FIX_REQUEST, "the packet cannot be unpacked"),
    ("oidb", 112): Code("oidb", 112, "OIDBAccountFrozen", CodeClass.ASK_USER, "the account is frozen"),
    ("oidb", 113): Code("oidb", 113, "OIDBStaffProtected", CodeClass.CONTACT_PLATFORM, "the account is under staff protection"),
    ("oidb", 115): Code("oidb", 115, "OIDBSpeciallyProtected", CodeClass.CONTACT_PLATFORM, "the account is under special protection"),
    ("oidb", 116): Code("oidb", 116, "OIDBAccessTokenInvalid", CodeClass.REAUTHORIZE, "the back end refused the access token"),
    ("oidb", 201): Code("oidb", 201, "OIDBGroupReadOnly", CodeClass.RETRY, "the group server is read-only for maintenance"),
    ("oidb", 202): Code("oidb", 202, "OIDBPacketTypeUnknown", CodeClass.FIX_REQUEST, "the back end does not know the packet's type"),
    ("oidb", 203): Code("oidb", 203, "OIDBFieldOutOfRange", CodeClass.FIX_REQUEST, "a field is out of the back end's range"),
    ("oidb", 204): Code("oidb", 204, "OIDBGroupSealed", CodeClass.CONTACT_PLATFORM, "the group is sealed"),
    ("oidb", 236): Code("oidb", 236, "OIDBRouteMissing", CodeClass.CONTACT_PLATFORM, "the command has no route"),
    ("oidb", 251): Code("oidb", 251, "OIDBClassBNotAllowed", CodeClass.FIX_REQUEST, "the command does not take class B numbers"),
    ("oidb", 252): Code("oidb", 252, "OIDBClassBCNotAllowed", CodeClass.FIX_REQUEST, "the command does not take class BC numbers"),
    ("oidb", 205): Code("oidb", 205, "OIDBTestRateExceeded", CodeClass.SLOW_DOWN, "the test environment's rate is used up"),
    ("oidb", 193): Code("oidb", 193, "OIDBProtobufNotConfigured", CodeClass.FIX_CONFIGURATION, "protobuf is not enabled for the command"),
    ("oidb", 5): Code("oidb", 5, "OIDBCommandNotConfigured", CodeClass.FIX_CONFIGURATION, "the bus does not know the command"),
    ("oidb", 250): Code("oidb", 250, "OIDBTestCommandForbidden", CodeClass.FIX_CONFIGURATION, "the test environment forbids the command"),
    ("oidb", 249): Code("oidb", 249, "OIDBTestForwardingMissing", CodeClass.FIX_CONFIGURATION, "the test environment has no forwarding for the command"),
    ("paytoken", 0): Code("paytoken", 0, "PayTokenOK", CodeClass.OK, "the pay token is valid"),
    ("paytoken", 16): Code("paytoken", 16, "PayTokenRevoked", CodeClass.REAUTHORIZE, "the authorization behind the pay token is gone"),
    ("paytoken", 17): Code("paytoken", 17, "PayTokenExpired", CodeClass.REAUTHORIZE, "the pay token has expired"),
    ("paytoken", 18): Code("paytoken", 18, "PayTokenSuperseded", CodeClass.REAUTHORIZE, "the pay token was superseded"),
    ("paytoken", 19): Code("paytoken", 19, "PayTokenAppIDMismatch", CodeClass.REAUTHORIZE, "the appid is not the pay token's"),
    ("paytoken", 20): Code("paytoken", 20, "PayTokenOpenIDLengthWrong", CodeClass.FIX_REQUEST, "the openid is not 16 bytes"),
    ("paytoken", 21): Code("paytoken", 21, "PayTokenOpenIDInvalid", CodeClass.FIX_REQUEST, "the openid was never issued for this app"),
    ("paytoken", 22): Code("paytoken", 22, "PayTokenOpenIDReclaimed", CodeClass.REAUTHORIZE, "the openid was reclaimed"),
    ("paytoken", 23): Code("paytoken", 23, "PayTokenOpenIDCheckFailed", CodeClass.RETRY, "the check could not be made, or the account is frozen"),
    ("paytoken", 24): Code("paytoken", 24, "PayTokenOpenIDMismatch", CodeClass.REAUTHORIZE, "the openid is not the pay token's"),
    ("paytoken", 27): Code("paytoken", 27, "PayTokenAppIDInvalid", CodeClass.FIX_REQUEST, "the appid is illegal"),
    ("paytoken", 94): Code("paytoken", 94, "PayTokenUndecryptable", CodeClass.REAUTHORIZE, "the pay token cannot be decrypted"),
    ("paytoken", 101): Code("paytoken", 101, "PayTokenPasswordChanged", CodeClass.REAUTHORIZE, "a password change ended the pay token"),
    ("accesstoken", 0): Code("accesstoken", 0, "AccessTokenOK", CodeClass.OK, "the access token is valid"),
    ("accesstoken", 1): Code("accesstoken", 1, "AccessTokenInternal", CodeClass.INTERNAL, "unforeseen failure during the check"),
    ("accesstoken", 16): Code("accesstoken", 16, "AccessTokenAppIDInvalid10", CodeClass.FIX_REQUEST, "the appid is malformed or unknown"),
    ("accesstoken", 17): Code("accesstoken", 17, "AccessTokenAppIDInvalid11", CodeClass.FIX_REQUEST, "the appid is malformed or unknown"),
    ("accesstoken", 18): Code("accesstoken", 18, "AccessTokenAppReadFailed", CodeClass.RETRY, "the app's record could not be read"),
    ("accesstoken", 19): Code("accesstoken", 19, "AccessTokenGrantCheckFailed13", CodeClass.RETRY, "the keyring or the grant could not be read"),
    ("accesstoken", 20): Code("accesstoken", 20, "AccessTokenGrantCheckFailed14", CodeClass.RETRY, "the keyring or the grant could not be read"),
    ("accesstoken", 32): Code("accesstoken", 32, "AccessTokenOpenIDInvalid", CodeClass.FIX_REQUEST, "the openid is illegal"),
    ("accesstoken", 33): Code("accesstoken", 33, "AccessTokenOpenKeyInvalid", CodeClass.REAUTHORIZE, "the openkey is illegal"),
    ("accesstoken", 34): Code("accesstoken", 34, "AccessTokenOpenKeyMismatch", CodeClass.REAUTHORIZE, "the openkey is another openid's"),
    ("accesstoken", 35): Code("accesstoken", 35, "AccessTokenOpenKeyExpired", CodeClass.REAUTHORIZE, "the openkey has expired"),
    ("accesstoken", 36): Code("accesstoken", 36, "AccessTokenSessionFailed24", CodeClass.RETRY, "the openkey's session could not be read or renewed"),
    ("accesstoken", 37): Code("accesstoken", 37, "AccessTokenSessionFailed25", CodeClass.RETRY, "the openkey's session could not be read or renewed"),
    ("accesstoken", 38): Code("accesstoken", 38, "AccessTokenSealInvalid", CodeClass.REAUTHORIZE, "the token's seal does not verify"),
    ("accesstoken", 39): Code("accesstoken", 39, "AccessTokenOpenIDReclaimed", CodeClass.REAUTHORIZE, "the openid was reclaimed"),
    ("accesstoken", 42): Code("accesstoken", 42, "AccessTokenOpenIDReadFailed", CodeClass.RETRY, "the openid's data could not be read"),
    ("accesstoken", 46): Code("accesstoken", 46, "AccessTokenOpenIDKaixin", CodeClass.FIX_REQUEST, "the openid belongs to the Kaixin account family"),
    ("accesstoken", 50): Code("accesstoken", 50, "AccessTokenType127OpenIDInvalid32", CodeClass.FIX_REQUEST, "the openid of a service type 127 call is illegal"),
    ("accesstoken", 51): Code("accesstoken", 51, "AccessTokenType127OpenIDInvalid33", CodeClass.FIX_REQUEST, "the openid of a service type 127 call is illegal"),
    ("accesstoken", 52): Code("accesstoken", 52, "AccessTokenType127OpenIDInvalid34", CodeClass.FIX_REQUEST, "the openid of a service type 127 call is illegal"),
    ("accesstoken", 53): Code("accesstoken", 53, "AccessTokenType127OpenIDInvalid35", CodeClass.FIX_REQUEST, "the openid of a service type 127 call is illegal"),
    ("accesstoken", 54): Code("accesstoken", 54, "AccessTokenType127OpenIDInvalid36", CodeClass.FIX_REQUEST, "the openid of a service type 127 call is illegal"),
    ("accesstoken", 55): Code("accesstoken", 55, "AccessTokenType127OpenIDReclaimed37", CodeClass.ASK_USER, "the openid of a service type 127 call was reclaimed"),
    ("accesstoken", 56): Code("accesstoken", 56, "AccessTokenType127OpenIDReclaimed38", CodeClass.ASK_USER, "the openid of a service type 127 call was reclaimed"),
    ("accesstoken", 64): Code("accesstoken", 64, "AccessTokenNotLive", CodeClass.REAUTHORIZE, "no live grant stands behind the token"),
    ("accesstoken", 65): Code("accesstoken", 65, "AccessTokenExpired", CodeClass.REAUTHORIZE, "the access token has expired"),
    ("accesstoken", 66): Code("accesstoken", 66, "AccessTokenSuperseded", CodeClass.REAUTHORIZE, "a newer login replaced the access token"),
    ("accesstoken", 67): Code("accesstoken", 67, "AccessTokenFrozen", CodeClass.REAUTHORIZE, "an action of the user froze the token"),
    ("accesstoken", 68): Code("accesstoken", 68, "AccessTokenAppIDMismatch", CodeClass.REAUTHORIZE, "the access token is not for this appid"),
    ("accesstoken", 69): Code("accesstoken", 69, "AccessTokenOpenIDMismatch", CodeClass.REAUTHORIZE, "the access token is not for this openid"),
    ("accesstoken", 70): Code("accesstoken", 70, "AccessTokenSessionKeyLengthWrong", CodeClass.REAUTHORIZE, "the openkey has the wrong length"),
    ("accesstoken", 71): Code("accesstoken", 71, "AccessTokenPasswordChanged", CodeClass.REAUTHORIZE, "the password changed since the token was issued"),
    ("accesstoken", 74): Code("accesstoken", 74, "AccessTokenUndecodable", CodeClass.REAUTHORIZE, "not an access token of this platform"),
    ("accesstoken", 75): Code("accesstoken", 75, "AccessTokenAccountGone", CodeClass.ASK_USER, "the account was recycled or is frozen"),
    ("accesstoken", 76): Code("accesstoken", 76, "AccessTokenOpenIDRelationMissing", CodeClass.REAUTHORIZE, "the uin has no openid for this app"),
    ("accesstoken", 83): Code("accesstoken", 83, "AccessTokenBatchOpenIDReclaimed", CodeClass.FIX_REQUEST, "an openid of the batch was reclaimed"),
    ("accesstoken", 84): Code("accesstoken", 84, "AccessTokenBatchCountMismatch", CodeClass.FIX_REQUEST, "the batch's count differs from its list"),
    ("accesstoken", 85): Code("accesstoken", 85, "AccessTokenBatchOpenIDInvalid", CodeClass.FIX_REQUEST, "an openid of the batch is illegal"),
    ("accesstoken", 86): Code("accesstoken", 86, "AccessTokenBatchTooLarge", CodeClass.FIX_REQUEST, "more than 500 openids in one batch"),
    ("accesstoken", 88): Code("accesstoken", 88, "AccessTokenAppIDInconsistent", CodeClass.FIX_REQUEST, "the appid of the body is not the caller's"),
    ("accesstoken", 96): Code("accesstoken", 96, "AccessTokenOpenIDMissing", CodeClass.FIX_REQUEST, "empty openid"),
    ("accesstoken", 97): Code("accesstoken", 97, "AccessTokenOpenKeyMissing", CodeClass.FIX_REQUEST, "empty openkey or access token"),
    ("accesstoken", 98): Code("accesstoken", 98, "AccessTokenServiceTypeInvalid", CodeClass.FIX_REQUEST, "illegal service type"),
    ("accesstoken", 99): Code("accesstoken", 99, "AccessTokenAppIDMissing", CodeClass.FIX_REQUEST, "empty appid"),
    ("msdkv5", 1000): Code("msdkv5", 1000, "V5MethodWrong", CodeClass.FIX_REQUEST, "wrong HTTP method"),
    ("msdkv5", 1001): Code("msdkv5", 1001, "V5PathUnknown", CodeClass.FIX_REQUEST, "no such path below /v2/"),
    ("msdkv5", 1003): Code("msdkv5", 1003, "V5ParameterMissing", CodeClass.FIX_REQUEST, "a URL parameter is missing"),
    ("msdkv5", 1004): Code("msdkv5", 1004, "V5BodyEmpty", CodeClass.FIX_REQUEST, "the body is empty"),
    ("msdkv5", 1005): Code("msdkv5", 1005, "V5BodyMalformed", CodeClass.FIX_REQUEST, "the body is not one valid JSON object"),
    ("msdkv5", 1006): Code("msdkv5", 1006, "V5FieldMissing", CodeClass.FIX_REQUEST, "a body member is missing or empty"),
    ("msdkv5", 1007): Code("msdkv5", 1007, "V5ParameterInvalid", CodeClass.FIX_REQUEST, "a URL parameter is invalid"),
    ("msdkv5", 1008): Code("msdkv5", 1008, "V5SignatureWrong", CodeClass.FIX_REQUEST, "the signature is wrong"),
    ("msdkv5", 1009): Code("msdkv5", 1009, "V5FieldInvalid", CodeClass.FIX_REQUEST, "a body member has a wrong type or value"),
    ("msdkv5", 1010): Code("msdkv5", 1010, "V5RequestUnreadable", CodeClass.FIX_REQUEST, "the request could not be read"),
    ("msdkv5", 1199): Code("msdkv5", 1199, "V5Internal", CodeClass.INTERNAL, "unforeseen failure inside the platform"),
    ("msdkv5", 10006): Code("msdkv5", 10006, "V5LinkUndecryptable", CodeClass.REAUTHORIZE, "the link parameter cannot be opened or has expired"),
    ("msdkv3", -101): Code("msdkv3", -101, "V3HTTPUnreadable", CodeClass.FIX_REQUEST, "the HTTP request could not be read"),
    ("msdkv3", -103): Code("msdkv3", -103, "V3OIDBFailed", CodeClass.RETRY, "a command of the bus failed"),
    ("msdkv3", -109): Code("msdkv3", -109, "V3GuestFailed", CodeClass.RETRY, "the guest check could not be made"),
    ("msdkv3", -110): Code("msdkv3", -110, "V3GuestInvalid", CodeClass.REAUTHORIZE, "the guest's token is not valid for this call"),
    ("msdkv3", -303): Code("msdkv3", -303, "V3APINotGranted", CodeClass.FIX_CONFIGURATION, "the app was not granted this interface"),
    ("msdkv3", -304): Code("msdkv3", -304, "V3BodyNotJSON", CodeClass.FIX_REQUEST, "the body is not one valid JSON object"),
    ("msdkv3", -307): Code("msdkv3", -307, "V3Internal", CodeClass.INTERNAL, "unforeseen failure inside the platform"),
    ("msdkv3", -311): Code("msdkv3", -311, "V3CommandMissing", CodeClass.CONTACT_PLATFORM, "the interface has no command behind it"),
    ("msdkv3", -501): Code("msdkv3", -501, "V3BodyEmpty", CodeClass.FIX_REQUEST, "the body is empty"),
    ("msdkv3", -502): Code("msdkv3", -502, "V3SignatureWrong", CodeClass.FIX_REQUEST, "the signature in the URL is wrong"),
    ("msdkv3", -503): Code("msdkv3", -503, "V3UserRateExceeded", CodeClass.SLOW_DOWN, "one user called this interface too often"),
    ("msdkv3", -504): Code("msdkv3", -504, "V3AppNotFound", CodeClass.FIX_CONFIGURATION, "appid does not exist"),
    ("msdkv3", -505): Code("msdkv3", -505, "V3PathUnknown", CodeClass.FIX_REQUEST, "no such interface"),
    ("msdkv3", -506): Code("msdkv3", -506, "V3ParameterMissing", CodeClass.FIX_REQUEST, "a URL parameter is missing or malformed"),
    ("msdkv3", -901): Code("msdkv3", -901, "V3NotForGuests", CodeClass.ASK_USER, "not available to guests"),
    ("msdkv3", -1011): Code("msdkv3", -1011, "V3FieldInvalid", CodeClass.FIX_REQUEST, "a body member is empty or has a wrong type or value"),
    ("msdkv3", -10002): Code("msdkv3", -10002, "V3OpenIDInvalid", CodeClass.FIX_REQUEST, "the openid is not hex digits"),
    ("connect", 1): Code("connect", 1, "ConnectParameterRepeated", CodeClass.FIX_REQUEST, "a parameter is repeated"),
    ("connect", 100019): Code("connect", 100019, "ConnectCodeInvalid", CodeClass.REAUTHORIZE, "the authorization code cannot be exchanged"),
    ("connect", 100020): Code("connect", 100020, "ConnectCodeReused", CodeClass.REAUTHORIZE, "the authorization code was exchanged before"),
    ("connect", 100029): Code("connect", 100029, "ConnectRequestUnreadable", CodeClass.FIX_REQUEST, "the request could not be read"),
    ("connect", 100048): Code("connect", 100048, "ConnectUnionIDNotGranted", CodeClass.FIX_CONFIGURATION, "the app may not ask for unionids"),
    ("connect", 100050): Code("connect", 100050, "ConnectRefreshTokenInvalid", CodeClass.REAUTHORIZE, "the refresh token cannot be used"),
    ("connect", 110504): Code("connect", 110504, "ConnectInternal", CodeClass.INTERNAL, "unforeseen failure inside the platform"),
    ("openapi", 1001): Code("openapi", 1001, "OpenAPIInternal", CodeClass.INTERNAL, "unforeseen failure inside the platform"),
    ("openapi", 1002): Code("openapi", 1002, "OpenAPINotLoggedIn", CodeClass.REAUTHORIZE, "the session has expired"),
    ("share", 2): Code("share", 2, "ShareParameterWrong", CodeClass.FIX_REQUEST, "a parameter of the share is wrong"),
    ("share", 7): Code("share", 7, "ShareInternal", CodeClass.INTERNAL, "unforeseen failure of the message service"),
    ("share", 13): Code("share", 13, "ShareCommandWrong", CodeClass.INTERNAL, "wrong command of the message service"),
    ("share", 16): Code("share", 16, "SharePacketWrong", CodeClass.INTERNAL, "wrong packet to the message service"),
    ("share", 21): Code("share", 21, "ShareSerializeFailed", CodeClass.INTERNAL, "the message could not be serialized"),
    ("share", 22): Code("share", 22, "ShareBackEndFailed", CodeClass.RETRY, "the friend check could not be made"),
    ("share", 23): Code("share", 23, "ShareStorageFailed", CodeClass.RETRY, "the message could not be stored"),
    ("share", 24): Code("share", 24, "ShareTimedOut", CodeClass.RETRY, "the message service did not answer in time"),
    ("share", 25): Code("share", 25, "ShareSenderInternal", CodeClass.INTERNAL, "unforeseen failure of the message sender"),
    ("share", 26): Code("share", 26, "ShareSessionFailed", CodeClass.RETRY, "the session of the message service failed"),
    ("share", 27): Code("share", 27, "ShareMessageTooLong", CodeClass.FIX_REQUEST, "the message has more than 700 bytes"),
    ("share", 28): Code("share", 28, "ShareBuildFailed", CodeClass.FIX_REQUEST, "the message cannot be built"),
    ("share", 29): Code("share", 29, "ShareReceiverRefuses", CodeClass.ASK_USER, "the receiver refuses messages"),
    ("share", 30): Code("share", 30, "ShareReceiverQuotaExceeded", CodeClass.SLOW_DOWN, "receiver has reached the game's quota"),
    ("share", 31): Code("share", 31, "ShareAccountIllegal", CodeClass.FIX_REQUEST, "an account is illegal"),
    ("share", 32): Code("share", 32, "ShareNotFriends", CodeClass.ASK_USER, "the receiver is no friend of the sender"),
    ("share", 33): Code("share", 33, "ShareNoRight", CodeClass.FIX_CONFIGURATION, "the app may not send messages"),
    ("share", 34): Code("share", 34, "ShareDuplicateGroupSend", CodeClass.FIX_REQUEST, "the mass message was sent before"),
    ("share", 35): Code("share", 35, "ShareAgentFailed", CodeClass.INTERNAL, "the agent of the message service failed"),
    ("share", 36): Code("share", 36, "ShareTaskFailed", CodeClass.INTERNAL, "the task of the message failed"),
    ("share", 37): Code("share", 37, "ShareNoFans", CodeClass.FIX_CONFIGURATION, "nobody follows the account"),
    ("share", 38): Code("share", 38, "SharePlatformFailed", CodeClass.INTERNAL, "the platform behind the message service failed"),
    ("share", 103): Code("share", 103, "ShareTextTooLong", CodeClass.FIX_REQUEST, "a text or an address of the message is too long"),
    ("share", 99999): Code("share", 99999, "ShareTooOften", CodeClass.SLOW_DOWN, "the message service was called too often"),
    ("share", 100000): Code("share", 100000, "ShareLoginInvalid", CodeClass.REAUTHORIZE, "the sender's login could not be verified"),
    ("share", 100001): Code("share", 100001, "ShareFieldInvalid", CodeClass.FIX_REQUEST, "a body member is missing or has a wrong type or value"),
    ("share", 100003): Code("share", 100003, "ShareServiceFailed", CodeClass.RETRY, "the share service failed"),
    ("share", 100004): Code("share", 100004, "ShareForbiddenWord", CodeClass.FIX_REQUEST, "the message has a forbidden word"),
    ("share", 100012): Code("share", 100012, "ShareServiceTimedOut", CodeClass.RETRY, "the share service did not answer in time"),
    ("share", 100021): Code("share", 100021, "ShareHashWrong", CodeClass.FIX_REQUEST, "the hash against forged forms is wrong"),
    ("share", 100030): Code("share", 100030, "ShareFriendRequired", CodeClass.ASK_USER, "the two are no friends, or the user did not authorize the call"),
    ("share", 100100): Code("share", 100100, "SharePostOnly", CodeClass.FIX_REQUEST, "the share service takes POST only"),
    ("share", 100101): Code("share", 100101, "ShareRefererWrong", CodeClass.FIX_REQUEST, "the page may not share"),
    ("share", 111111): Code("share", 111111, "ShareUnknown", CodeClass.INTERNAL, "unknown failure of the share service"),
    ("v2group", 2001): Code("v2group", 2001, "V2GroupParameterInvalid", CodeClass.FIX_REQUEST, "a parameter of the group query is wrong"),
    ("v2group", 2002): Code("v2group", 2002, "V2GroupNotBound", CodeClass.FIX_CONFIGURATION, "no group is bound to the guild"),
    ("v2group", 2003): Code("v2group", 2003, "V2GroupNotMember", CodeClass.ASK_USER, "the player is not in the group"),
    ("v2group", 2004): Code("v2group", 2004, "V2GroupNotBoundHere", CodeClass.FIX_CONFIGURATION, "the group serves no guild of this app"),
    ("v2group", 2006): Code("v2group", 2006, "V2GroupOpenIDForeign", CodeClass.FIX_REQUEST, "the groupOpenid is not one of this app"),
    ("v2group", 2007): Code("v2group", 2007, "V2GroupDisbanded", CodeClass.FIX_CONFIGURATION, "the group was disbanded"),
    ("v2group", 2010): Code("v2group", 2010, "V2GroupFailed", CodeClass.RETRY, "the query failed inside the platform"),
    ("v2unbind", 2001): Code("v2unbind", 2001, "V2UnbindNotBound", CodeClass.FIX_CONFIGURATION, "there is no such binding"),
    ("v2unbind", 2002): Code("v2unbind", 2002, "V2UnbindMismatch", CodeClass.FIX_REQUEST, "groupOpenid and unionid do not belong together"),
    ("v2unbind", 2003): Code("v2unbind", 2003, "V2UnbindLoginInvalid", CodeClass.REAUTHORIZE, "the player's login does not hold"),
    ("v2unbind", 2004): Code("v2unbind", 2004, "V2UnbindTooFrequent", CodeClass.SLOW_DOWN, "unbinding came too often"),
    ("v2unbind", 2006): Code("v2unbind", 2006, "V2UnbindParameterInvalid", CodeClass.FIX_REQUEST, "a parameter of the unbinding is wrong"),
    ("v2unbind", 2007): Code("v2unbind", 2007, "V2UnbindSystemError2007", CodeClass.RETRY, "the unbinding failed inside the platform, in one of three ways"),
    ("v2unbind", 2008): Code("v2unbind", 2008, "V2UnbindSystemError2008", CodeClass.RETRY, "the unbinding failed inside the platform, in one of three ways"),
    ("v2unbind", 2009): Code("v2unbind", 2009, "V2UnbindSystemError2009", CodeClass.RETRY, "the unbinding failed inside the platform, in one of three ways"),
    ("v2unbind", 2010): Code("v2unbind", 2010, "V2UnbindFailed", CodeClass.RETRY, "the unbinding failed inside the platform"),
}


def find_code(number: int, *domains: str) -> Optional[Code]:
    """Returns the code with a number in the first of the domains that has it."""
    for domain in domains:
        found = CODES.get((domain, number))
        if found:
            return found
    return None
