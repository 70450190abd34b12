// Verifies what the server serves with Go's own packages: note, tlog. Called by verify-with-go.ts with a folder that holds key, checkpoint,
// old-checkpoint, proofs.json, and the tiles under their paths. Exits with 1 and a sentence if anything does not hold.
package main

import (
	"encoding/base64"
	"encoding/binary"
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

var folder string

func fail(format string, values ...interface{}) {
	fmt.Printf(format+"\n", values...)
	os.Exit(1)
}

func read(name string) []byte {
	bytes, err := ioutil.ReadFile(filepath.Join(folder, name))
	if err != nil {
		fail("%v", err)
	}
	return bytes
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
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		fail("%s: no root", name)
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree
}

// Tiles from the folder. The paths of C2SP leave out the height, which Go's have.
type tiles struct{}

func (tiles) Height() int { return 8 }

func (tiles) ReadTiles(asked []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range asked {
		bytes, err := ioutil.ReadFile(filepath.Join(folder, "tile", strings.TrimPrefix(tile.Path(), "tile/8/")))
		if err != nil {
			return nil, err
		}
		found = append(found, bytes)
	}
	return found, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

type proofs struct {
	Inclusion []struct {
		Index  int64
		Hashes []string
	}
	Consistency []string
}

func decoded(texts []string) []tlog.Hash {
	hashes := make([]tlog.Hash, len(texts))
	for at, text := range texts {
		bytes, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(bytes) != tlog.HashSize {
			fail("%s is no hash", text)
		}
		copy(hashes[at][:], bytes)
	}
	return hashes
}

// The entries of the bundles, in their order.
func entries(size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := 256
		if rest := size - n*256; rest < 256 {
			width = int(rest)
		}
		path := strings.TrimPrefix(tlog.Tile{H: 8, L: -1, N: n, W: width}.Path(), "tile/8/data/")
		bundle := read(filepath.Join("tile", "entries", path))
		for len(bundle) > 0 {
			length := int(binary.BigEndian.Uint16(bundle))
			all = append(all, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	return all
}

func main() {
	folder = os.Args[1]
	verifier, err := note.NewVerifier(strings.TrimSpace(string(read("key"))))
	if err != nil {
		fail("note.NewVerifier: %v", err)
	}
	verifiers := note.VerifierList(verifier)
	tree, old := head("checkpoint", verifiers), head("old-checkpoint", verifiers)

	// The root, computed from the entries alone.
	all := entries(tree.N)
	if int64(len(all)) != tree.N {
		fail("%d entries for a tree of %d", len(all), tree.N)
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for at, index := range indexes {
			found[at] = stored[index]
		}
		return found, nil
	})
	for n, entry := range all {
		hashes, err := tlog.StoredHashes(int64(n), entry, reader)
		if err != nil {
			fail("tlog.StoredHashes: %v", err)
		}
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil || root != tree.Hash {
		fail("the root of the entries is %v, the checkpoint has %v (%v)", root, tree.Hash, err)
	}

	// The tiles: every leaf through tlog's own reader, which verifies each tile against the root.
	fromTiles := tlog.TileHashReader(tree, tiles{})
	for n, entry := range all {
		hashes, err := fromTiles.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(n))})
		if err != nil || hashes[0] != tlog.RecordHash(entry) {
			fail("tile of leaf %d: %v", n, err)
		}
	}

	var given proofs
	if err := json.Unmarshal(read("proofs.json"), &given); err != nil {
		fail("%v", err)
	}
	for _, one := range given.Inclusion {
		if err := tlog.CheckRecord(decoded(one.Hashes), tree.N, tree.Hash, one.Index, tlog.RecordHash(all[one.Index])); err != nil {
			fail("tlog.CheckRecord of %d: %v", one.Index, err)
		}
	}
	if err := tlog.CheckTree(decoded(given.Consistency), tree.N, tree.Hash, old.N, old.Hash); err != nil {
		fail("tlog.CheckTree from %d to %d: %v", old.N, tree.N, err)
	}
	fmt.Printf("holds: %d events, %d inclusions, consistent from %d\n", tree.N, len(given.Inclusion), old.N)
}
