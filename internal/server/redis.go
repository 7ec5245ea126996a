package server

import (
	"context"
	"fmt"
	"os"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/limit/redis"
	"github.com/rookeryhq/rookery/internal/secretfile"
)

// openRedis looks for the Redis in which gateways count calls together. A platform starts without it.
func (s *Server) openRedis(ctx context.Context) error {
	o, r := &s.options, &s.options.Redis
	if !r.On() {
		return nil
	}
	address, err := redis.ParseAddress(r.Address)
	if err != nil {
		return fmt.Errorf("%s: %w", o.name("redis.address"), err)
	}
	password, err := readRedisPassword(o.name("redis.password_file"), r.PasswordFile)
	if err != nil {
		return err
	}
	if s.redisCertificate, err = openCertificate(o.name("redis.tls"), redisFiles(r.TLS)); err != nil {
		return err
	}
	s.redis = redis.New(redis.Options{
		Address: address, Password: password, TLS: s.redisCertificate.calling, Prefix: r.Prefix, Timeout: r.Timeout, Log: o.Log,
	})
	s.redis.Look(ctx)
	return nil
}

func redisFiles(t config.RedisTLS) certificateFiles {
	return certificateFiles{certificate: t.Certificate, key: t.Key, authorities: t.CA}
}

// redisLimit returns a kind of rates that gateways share, nil if they do not. away is the setting of what becomes of its calls while Redis
// is away.
func (s *Server) redisLimit(name, away string) *redis.Limit {
	if s.redis == nil {
		return nil
	}
	return s.redis.Limit(name, redis.Policy(away))
}

// readRedisPassword reads the password; without a file it is that of the environment, or none.
func readRedisPassword(name, file string) (string, error) {
	if file == "" {
		return os.Getenv("REDISCLI_AUTH"), nil
	}
	password, err := secretfile.Read(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return password, nil
}
