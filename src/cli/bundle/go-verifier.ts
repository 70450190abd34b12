/** The program in Go that a bundle has with it: it verifies the bundle with Go's own packages, note and tlog, and nothing of this server's. */

export const GO_VERIFIER =
  `// Verifies an exported bundle of events with Go's own packages: golang.org/x/mod/sumdb/note and tlog.
// verify FOLDER [CHECKPOINT]: CHECKPOINT was kept elsewhere. Exits with 1 and a sentence if anything does not hold.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type event struct {
	Index    int64
	Stream   string
	Revision int64
	ID       string
	Type     string
	Stored   struct{ Metadata, Data string }
}

// What a line has, as it is written there.
type written struct {
	Position, Index, Stream, Revision, ID, Type, V, At, By, Data json.RawMessage
	Stored                                                       struct{ Metadata, Data json.RawMessage }
}

// Why a line is not the one that a server writes for the event; empty if it is. A field that is there twice would be another one to other readers.
func difference(line []byte, one event) string {
	var is written
	if err := json.Unmarshal(line, &is); err != nil {
		return err.Error()
	}
	must := fmt.Sprintf("{\\"position\\":%s,\\"index\\":%s,\\"stream\\":%s,\\"revision\\":%s,\\"id\\":%s,\\"type\\":%s,\\"v\\":%s,\\"at\\":%s,\\"by\\":%s,\\"data\\":%s,\\"stored\\":{\\"metadata\\":%s,\\"data\\":%s}}",
		is.Position, is.Index, is.Stream, is.Revision, is.ID, is.Type, is.V, is.At, is.By, is.Data, is.Stored.Metadata, is.Stored.Data)
	if must != string(line) {
		return "its line is not as a server writes it"
	}
	var shown, stored struct {
		At, By string
		V      int64
	}
	head := fmt.Sprintf("{\\"at\\":%s,\\"by\\":%s,\\"v\\":%s}", is.At, is.By, is.V)
	if json.Unmarshal([]byte(head), &shown) != nil || json.Unmarshal([]byte(one.Stored.Metadata), &stored) != nil || shown != stored {
		return "its at, by or v is not what was stored"
	}
	// People's texts are stored encrypted; what is shown of them is not proved.
	if !strings.Contains(one.Stored.Data, "{\\"sealed\\":\\"") && string(is.Data) != one.Stored.Data {
		return "the data that it shows are not those that were stored"
	}
	return ""
}

type path struct {
	Index    int64
	FromSize int64 ` +
  '`json:"from_size"`' +
  String.raw`
	Hashes   []string
}

type proof struct {
	Size        int64
	Nodes       [][]json.RawMessage
	Inclusion   []path
	Consistency []path
}

type place struct {
	level int
	n     int64
}

func fail(format string, values ...interface{}) {
	fmt.Printf(format+"\n", values...)
	os.Exit(1)
}

func read(name string) []byte {
	bytes, err := ioutil.ReadFile(name)
	if err != nil {
		fail("%v", err)
	}
	return bytes
}

func hashOf(text string) tlog.Hash {
	var hash tlog.Hash
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(bytes) != tlog.HashSize {
		fail("%s is no hash", text)
	}
	copy(hash[:], bytes)
	return hash
}

func hashesOf(texts []string) []tlog.Hash {
	hashes := make([]tlog.Hash, len(texts))
	for at, text := range texts {
		hashes[at] = hashOf(text)
	}
	return hashes
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// The entry of an event: eight lines of text.
func entry(one event) []byte {
	return []byte(fmt.Sprintf("alarm-server/event/v1\n%d\n%s\n%d\n%s\n%s\n%s\n%s\n",
		one.Index, one.Stream, one.Revision, one.ID, one.Type, digest(one.Stored.Metadata), digest(one.Stored.Data)))
}

// The head of a checkpoint, verified by note.Open.
func head(name string, verifiers note.Verifiers) tlog.Tree {
	opened, err := note.Open(read(name), verifiers)
	if err != nil {
		fail("note.Open of %s: %v", name, err)
	}
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("%s: %v", name, err)
	}
	return tlog.Tree{N: size, Hash: hashOf(lines[2])}
}

func main() {
	folder := os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read(filepath.Join(folder, "key")))))
	if err != nil {
		fail("note.NewVerifier: %v", err)
	}
	verifiers := note.VerifierList(verifier)
	tree := head(filepath.Join(folder, "checkpoint"), verifiers)

	var given proof
	if err := json.Unmarshal(read(filepath.Join(folder, "proof.json")), &given); err != nil {
		fail("proof.json: %v", err)
	}
	if given.Size != tree.N {
		fail("the proof is of a tree of %d, the checkpoint of one of %d", given.Size, tree.N)
	}
	known := map[place]tlog.Hash{}
	for _, parts := range given.Nodes {
		var where place
		var text string
		if len(parts) != 3 || json.Unmarshal(parts[0], &where.level) != nil || json.Unmarshal(parts[1], &where.n) != nil || json.Unmarshal(parts[2], &text) != nil {
			fail("proof.json has something that is no node")
		}
		known[where] = hashOf(text)
	}

	// The events' leaves, computed from what was stored.
	leaves := map[int64]tlog.Hash{}
	last := int64(-1)
	file, err := os.Open(filepath.Join(folder, "events.ndjson"))
	if err != nil {
		fail("%v", err)
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 1<<20), 1<<28)
	// As they are: bufio.ScanLines takes a carriage return away.
	lines.Split(func(data []byte, isLast bool) (int, []byte, error) {
		if at := bytes.IndexByte(data, '\n'); at >= 0 {
			return at + 1, data[:at], nil
		}
		if isLast && len(data) > 0 {
			return len(data), data, nil
		}
		return 0, nil, nil
	})
	for lines.Scan() {
		var one event
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			fail("behind event %d: %v", last, err)
		}
		if one.Index <= last {
			fail("event %d comes behind event %d", one.Index, last)
		}
		if why := difference(lines.Bytes(), one); why != "" {
			fail("event %d: %s", one.Index, why)
		}
		last = one.Index
		leaves[one.Index] = tlog.RecordHash(entry(one))
		known[place{0, one.Index}] = leaves[one.Index]
	}
	if err := lines.Err(); err != nil {
		fail("%v", err)
	}

	// A node that is not known is made of the two below it.
	var node func(level int, n int64) tlog.Hash
	node = func(level int, n int64) tlog.Hash {
		if hash, ok := known[place{level, n}]; ok {
			return hash
		}
		if level == 0 {
			fail("event %d is neither in the bundle nor covered by its proof", n)
		}
		return tlog.NodeHash(node(level-1, 2*n), node(level-1, 2*n+1))
	}
	root, err := tlog.TreeHash(tree.N, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			found[at] = node(tlog.SplitStoredHashIndex(index))
		}
		return found, nil
	}))
	if err != nil || root != tree.Hash {
		fail("the root of the events is %v, the checkpoint has %v (%v)", root, tree.Hash, err)
	}
	for _, one := range given.Inclusion {
		if err := tlog.CheckRecord(hashesOf(one.Hashes), tree.N, tree.Hash, one.Index, leaves[one.Index]); err != nil {
			fail("tlog.CheckRecord of %d: %v", one.Index, err)
		}
	}
	if len(os.Args) > 2 {
		old := head(os.Args[2], verifiers)
		isKnown := old == tree
		for _, one := range given.Consistency {
			if one.FromSize != old.N {
				continue
			}
			if err := tlog.CheckTree(hashesOf(one.Hashes), tree.N, tree.Hash, old.N, old.Hash); err != nil {
				fail("tlog.CheckTree from %d to %d: %v", old.N, tree.N, err)
			}
			isKnown = true
		}
		if !isKnown {
			fail("the bundle has no proof from %s, a tree of %d: export it again with --checkpoint", os.Args[2], old.N)
		}
	}
	fmt.Printf("holds: %d events of %d\n", len(leaves), tree.N)
}
`;
