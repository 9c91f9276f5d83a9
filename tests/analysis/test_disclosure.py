"""What may be told of people."""

import numpy as np
import pytest

from mapping.analysis.disclosure import is_shared, rounded_down


@pytest.mark.parametrize("spread_m", [5.0, 60.0])
def test_shared_is_what_counting_all_pairs_says(spread_m: float) -> None:
    rng = np.random.default_rng(1)
    points, people = rng.normal(0, spread_m, (400, 2)), rng.integers(0, 60, 400).astype(str)
    near = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) <= 20
    slowly = [len(set(people[row])) >= 12 for row in near]
    assert is_shared(points, people, reach_m=20, min_people=12).tolist() == slowly
    assert sum(slowly) > 0


def test_one_persons_many_marks_are_of_one_person() -> None:
    points, people = np.zeros((200, 2)), np.repeat(["a"], 200)
    assert not is_shared(points, people, reach_m=50, min_people=2).any()
    assert is_shared(points, np.append(people[1:], "b"), reach_m=50, min_people=2).all()
    assert is_shared(np.zeros((0, 2)), np.array([]), reach_m=50, min_people=2).shape == (0,)


def test_people_are_told_in_multiples() -> None:
    assert [rounded_down(people, 5) for people in (4, 5, 9, 10)] == [0, 5, 5, 10]
