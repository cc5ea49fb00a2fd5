// A command of Go's standard library, made for WASI preview 1: os.Args[1] says what it does.
//
//	hello                     prints `hello from go`
//	args A...                 prints each argument, the program's name first, one a line
//	env NAME                  prints a variable; an error without it
//	echo                      copies standard input to standard output until it ends
//	clock                     prints nanoseconds since 1970
//	sleep MS                  sleeps and prints `slept` and how many nanoseconds it took
//	goroutines N              N goroutines sleep a millisecond and send their number; prints the sum
//	random                    prints a random number; its generator is seeded by the host
//	write PATH TEXT           makes or overwrites a file
//	read PATH                 prints a file
//	list PATH                 prints the names in a directory, sorted, those of directories with a `/`
//	exit CODE                 ends with this exit code
//	panic                     panics: exit code 2, of which the adapter makes 1
//
// There is nothing with sockets, because preview 1 has none that Go can open, and nothing that needs much memory: Go takes
// for its heap what the adapter has grown the memory by for itself, and overwrites the adapter's state with its fourth
// mebibyte or so.
//
// What fails is told on standard error as `error: TEXT` and ends the command with exit code 1; so does a wrong usage.
package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"time"
)

var errUsage = errors.New("usage")

type subcommand struct {
	arguments int
	run       func(arguments []string) error
}

var subcommands = map[string]subcommand{
	"hello":      {0, hello},
	"env":        {1, env},
	"echo":       {0, echo},
	"clock":      {0, clock},
	"sleep":      {1, sleep},
	"goroutines": {1, goroutines},
	"random":     {0, random},
	"write":      {2, write},
	"read":       {1, read},
	"list":       {1, list},
	"exit":       {1, exit},
	"panic":      {0, func([]string) error { panic("a panic that was asked for") }},
}

func main() {
	if err := run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) < 2 {
		return errUsage
	}
	if arguments[1] == "args" {
		for _, argument := range arguments {
			fmt.Println(argument)
		}
		return nil
	}
	found, ok := subcommands[arguments[1]]
	if !ok || len(arguments)-2 != found.arguments {
		return errUsage
	}
	return found.run(arguments[2:])
}

func hello([]string) error {
	fmt.Println("hello from go")
	return nil
}

func env(arguments []string) error {
	value, ok := os.LookupEnv(arguments[0])
	if !ok {
		return errors.New("not set")
	}
	fmt.Println(value)
	return nil
}

func echo([]string) error {
	_, err := io.Copy(os.Stdout, os.Stdin)
	return err
}

func clock([]string) error {
	fmt.Println(time.Now().UnixNano())
	return nil
}

func sleep(arguments []string) error {
	milliseconds, err := strconv.Atoi(arguments[0])
	if err != nil {
		return err
	}
	start := time.Now()
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	fmt.Println("slept", time.Since(start).Nanoseconds())
	return nil
}

func goroutines(arguments []string) error {
	count, err := strconv.Atoi(arguments[0])
	if err != nil {
		return err
	}
	numbers := make(chan int)
	for i := range count {
		go func() {
			time.Sleep(time.Millisecond)
			numbers <- i + 1
		}()
	}
	sum := 0
	for range count {
		sum += <-numbers
	}
	fmt.Println(sum)
	return nil
}

func random([]string) error {
	fmt.Println(rand.Uint64())
	return nil
}

func write(arguments []string) error {
	return os.WriteFile(arguments[0], []byte(arguments[1]), 0o666)
}

func read(arguments []string) error {
	contents, err := os.ReadFile(arguments[0])
	if err == nil {
		_, err = os.Stdout.Write(contents)
	}
	return err
}

func list(arguments []string) error {
	entries, err := os.ReadDir(arguments[0])
	for _, entry := range entries {
		if entry.IsDir() {
			fmt.Println(entry.Name() + "/")
		} else {
			fmt.Println(entry.Name())
		}
	}
	return err
}

func exit(arguments []string) error {
	code, err := strconv.Atoi(arguments[0])
	if err == nil {
		os.Exit(code)
	}
	return err
}
