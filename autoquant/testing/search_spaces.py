"""The contract of search spaces, as checks that raise `AssertionError` with what is wrong.

Run it over a space of your own, in any test framework::

    from autoquant.testing.search_spaces import check_search_space

    def test_my_space():
        check_search_space(MySpace(network), network)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from autoquant.errors import SpecError, UnsupportedError
from autoquant.network import FLOAT, VALUE_BITS, LayerConfig, LayerOption, NetworkProfile
from autoquant.space import Candidate, SearchSpace

SAMPLES = 200


def check_search_space(space: SearchSpace, network: NetworkProfile | None = None) -> None:
    """Every check of the contract; those of layers where the space describes the layers of this network."""
    for check in CHECKS:
        check(space)
    if layer_options(space) is not None:
        assert network is not None, "the space describes layers: give the network that it is for"
        for layer_check in LAYER_CHECKS:
            layer_check(space, network)


def sampled(space: SearchSpace, count: int = SAMPLES, seed: int = 0) -> list[Candidate]:
    """Candidates sampled by the space, and its two corners."""
    sampled = [tuple(map(int, row)) for row in space.sample(np.random.default_rng(seed), count)]
    return [tuple(0 for _ in space.choices), tuple(int(size) - 1 for size in space.sizes), *sampled]


def layer_options(space: SearchSpace) -> tuple[tuple[LayerOption, ...], ...] | None:
    """What layers may be; None where the space describes no layers."""
    try:
        return space.layer_options
    except UnsupportedError:
        return None


def counts_its_choices(space: SearchSpace) -> None:
    """Choices have names of their own and options that JSON keeps; the size is that of all combinations."""
    names = [choice.name for choice in space.choices]
    assert names, "there is nothing to choose"
    assert len(set(names)) == len(names), f"names repeat: {names}"
    assert list(space.sizes) == [len(choice.options) for choice in space.choices]
    size = 1
    for choice in space.choices:
        size *= len(choice.options)
        kept = json.loads(json.dumps(choice.options, allow_nan=False))
        same = [(type(option), option) for option in kept] == [(type(option), option) for option in choice.options]
        assert same, f"choice {choice.name!r}: JSON does not keep the options {choice.options}"
    assert space.size == size, f"size is {space.size}, there are {size} combinations"


def samples_evenly_and_repeatably(space: SearchSpace) -> None:
    """Samples are in range, the same for the same generator, and leave no option out."""
    first, second = (space.sample(np.random.default_rng(1), SAMPLES) for _ in range(2))
    assert first.shape == (SAMPLES, len(space.choices)), f"shape {first.shape}"
    assert np.issubdtype(first.dtype, np.integer), f"type {first.dtype}"
    assert np.array_equal(first, second), "the same generator gave other samples"
    assert not (first < 0).any(), "an index is negative"
    assert not (first >= space.sizes).any(), "an index is out of range"
    assert space.sample(np.random.default_rng(1), 0).shape == (0, len(space.choices))
    many = space.sample(np.random.default_rng(2), 40 * int(space.sizes.max()))
    for column, choice in enumerate(space.choices):
        never = set(range(len(choice.options))) - set(map(int, many[:, column]))
        assert not never, f"choice {choice.name!r}: option {choice.options[min(never)]!r} is never sampled"


def encodes_what_it_decodes(space: SearchSpace) -> None:
    """A candidate and its options are two forms of one thing, in whatever order the options are given."""
    for candidate in sampled(space):
        options = space.decode(candidate)
        assert list(options) == [choice.name for choice in space.choices]
        assert space.encode(dict(reversed(options.items()))) == candidate, f"{candidate} became something else"
        assert space.check(candidate) == candidate
        assert space.check(np.array(candidate)) == candidate, "an array is not taken"  # type: ignore[arg-type]


def refuses_what_is_no_candidate(space: SearchSpace) -> None:
    """`SpecError` for a candidate of the wrong length or out of range, and for options that are not of the space."""
    corner = tuple(0 for _ in space.choices)
    beyond = (*corner[:-1], int(space.sizes[-1]))
    for wrong in ((), corner[:-1], (*corner, 0), (*corner[:-1], -1), beyond):
        assert _is_refused(partial(space.check, wrong)), f"{wrong} is taken for a candidate"
    options = space.decode(corner)
    name = next(iter(options))
    wrong_options = [
        {key: value for key, value in options.items() if key != name},
        options | {"no such choice": 1},
        options | {name: "no such option"},
    ]
    for given in wrong_options:
        assert _is_refused(partial(space.encode, given)), f"the options {given} are taken"


def has_one_canonical_form(space: SearchSpace) -> None:
    """The canonical form is a candidate, its own canonical form, and gives the same network."""
    for candidate in sampled(space):
        canonical = space.canonical(candidate)
        assert isinstance(canonical, tuple), f"the canonical form of {candidate} is {canonical!r}, not a tuple"
        assert space.check(canonical) == canonical
        assert space.canonical(canonical) == canonical, f"{candidate} has two canonical forms"
        if layer_options(space) is not None:
            assert space.configs(canonical) == space.configs(candidate), f"{candidate} is another network"


def names_uniform_candidates(space: SearchSpace) -> None:
    """Uniform candidates are candidates with names of their own, each another network."""
    uniform = space.uniform()
    for label, candidate in uniform.items():
        assert label.strip(), "a uniform candidate has no name"
        assert space.check(candidate) == candidate
    canonical = [space.canonical(candidate) for candidate in uniform.values()]
    assert len(set(canonical)) == len(canonical), f"two of {list(uniform)} are the same network"


CHECKS: tuple[Callable[[SearchSpace], None], ...] = (
    counts_its_choices,
    samples_evenly_and_repeatably,
    encodes_what_it_decodes,
    refuses_what_is_no_candidate,
    has_one_canonical_form,
    names_uniform_candidates,
)
"""The contract."""


def describes_every_layer(space: SearchSpace, network: NetworkProfile) -> None:
    """Every layer has options, each once, of its name and at known bit-widths; one that is kept in float is float."""
    options = _options(space)
    assert len(options) == len(network), f"{len(options)} lists of options for {len(network)} layers"
    for layer, row in zip(network, options, strict=True):
        configs = [option for option in row if isinstance(option, LayerConfig)]
        assert configs, f"layer {layer.name!r} has no option but to be absent"
        assert len(set(row)) == len(row), f"layer {layer.name!r}: options repeat"
        assert {config.profile.name for config in configs} == {layer.name}, (
            f"layer {layer.name!r} has options of others"
        )
        precisions = [config.precision for config in configs]
        widths = {bits for precision in precisions for bits in (precision.value_bits, precision.activation_bits)}
        unknown = sorted(widths - set(VALUE_BITS))
        assert not unknown, f"layer {layer.name!r}: there are no bit-widths {unknown}"
        assert not layer.kept_float or set(precisions) == {FLOAT}, (
            f"layer {layer.name!r} is kept in float, not {precisions}"
        )


def finds_the_option_of_every_layer(space: SearchSpace, network: NetworkProfile) -> None:
    """A population has the indices of its members, all in range, and every option is that of some candidate."""
    options, candidates = _options(space), sampled(space, 50 * int(space.sizes.max()) ** 2)
    together = space.layer_indices(np.array(candidates, dtype=np.int64))
    assert together.shape == (len(candidates), len(network)), f"shape {together.shape}"
    assert np.issubdtype(together.dtype, np.integer), f"type {together.dtype}"
    sizes = np.array([len(precisions) for precisions in options])
    assert ((together >= 0) & (together < sizes)).all(), "an index is out of range"
    for row, candidate in list(zip(together, candidates, strict=True))[:SAMPLES]:
        alone = space.layer_indices(np.array([candidate], dtype=np.int64))[0]
        assert np.array_equal(row, alone), f"{candidate} has other indices among others than alone"
        picked = tuple(layer_row[index] for layer_row, index in zip(options, row, strict=True))
        assert space.configs(candidate) == picked, f"{candidate}: configs() and layer_indices() differ"
    for layer, precisions, column in zip(network, options, together.T, strict=True):
        never = set(range(len(precisions))) - set(map(int, column))
        assert not never, f"layer {layer.name!r}: no candidate gives {precisions[min(never)]}"
    assert space.layer_indices(np.zeros((0, len(space.choices)), dtype=np.int64)).shape == (0, len(network))


def makes_the_network_of_what_is_there(space: SearchSpace, network: NetworkProfile) -> None:
    """A candidate's network has the layers that are not absent, as in their options, and precisions in its order.

    `networks` gives every candidate the network that `network` gives it.
    """
    candidates = sampled(space)
    for candidate in candidates:
        made = space.network(candidate)
        present = {c.profile.name: c for c in space.configs(candidate) if isinstance(c, LayerConfig)}
        assert {layer.name for layer in made} == present.keys(), f"{candidate}: its network has other layers"
        for layer, precision in zip(made, space.precisions(candidate), strict=True):
            profile = replace(present[layer.name].profile, order=layer.order)
            assert profile == layer, f"{candidate}: layer {layer.name!r} is another in its option"
            assert precision == present[layer.name].precision, f"{candidate}: precisions() has another order"
    groups = space.networks(np.array(candidates, dtype=np.int64))
    positions = np.concatenate([rows for _, rows in groups])
    assert sorted(positions.tolist()) == list(range(len(candidates))), "networks() does not place each candidate once"
    for shared, rows in groups:
        for row in rows:
            assert space.network(candidates[int(row)]) == shared, f"{candidates[int(row)]}: networks() gives another"


def different_candidates_are_different_networks(space: SearchSpace, network: NetworkProfile) -> None:
    """Two candidates with different canonical forms differ in some layer."""
    networks: dict[tuple[LayerOption, ...], Candidate] = {}
    for candidate in {space.canonical(candidate) for candidate in sampled(space)}:
        duplicate = networks.setdefault(space.configs(candidate), candidate)
        assert duplicate == candidate, f"{candidate} and {duplicate} are the same network, and have two canonical forms"


LAYER_CHECKS: tuple[Callable[[SearchSpace, NetworkProfile], None], ...] = (
    describes_every_layer,
    finds_the_option_of_every_layer,
    makes_the_network_of_what_is_there,
)
"""The contract of spaces that describe the layers of a network."""


def _options(space: SearchSpace) -> Sequence[Sequence[LayerOption]]:
    options = layer_options(space)
    assert options is not None, "the space describes no layers"
    return options


def _is_refused(step: Callable[[], object]) -> bool:
    try:
        step()
    except SpecError:
        return True
    return False
