"""What a visitor puts into a field stays until the server has answered it, whatever else it answers meanwhile."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

# In one go, so that no answer comes between: one field is given a value that is refused, another is being typed into.
AT_ONCE = """([first, refused, second, typed]) => {
  const field = (label) => document.querySelector(`[aria-label="${label}"]`);
  field(first).value = refused;
  field(first).dispatchEvent(new Event("input"));
  field(first).dispatchEvent(new Event("change"));
  field(second).focus();
  field(second).value = typed;
  field(second).dispatchEvent(new Event("input"));
}"""


@pytest.mark.parametrize(
    ("query", "ready", "pairs"),
    [
        ("?view=arena", "page.table", [(("Number of seeds", "0"), ("Steps of a run", "60", "steps=60"))]),
        ("?view=ranking", "page.game", [(("Publishers n", "1"), ("Queries k", "4", "n_queries=4"))]),
        (
            "",
            "arms[0].charts",
            [
                (("List length K of arm A", "0"), ("Temperature β of arm A", "0.5", "beta:0.5")),
                (("Temperature β of arm A", "-1"), ("Seed", "7", "seed=7")),
            ],
        ),
    ],
    ids=["arena", "ranking", "live"],
)
def test_an_answer_about_one_field_leaves_another_as_it_is_typed(open_tab, query, ready, pairs):
    tab = open_tab(query, ready=ready)
    for refused, second in pairs:
        first, second_field = tab.page.get_by_label(refused[0]), tab.page.get_by_label(second[0], exact=True)
        second_field.wait_for()
        before = first.input_value()
        tab.page.evaluate(AT_ONCE, [*refused, *second[:2]])
        tab.page.get_by_role("alert").wait_for()
        tab.wait_for_value(refused[0], before)
        assert second_field.input_value() == second[1]
        assert second_field.evaluate("(field) => field === document.activeElement")
        second_field.dispatch_event("change")
        tab.wait(f"/[?&.]{second[2]}(&|~|$)/.test(location.search)")
        assert second_field.input_value() == second[1]
        tab.page.get_by_role("alert").wait_for(state="detached")
    assert tab.errors == []


def test_a_choice_keeps_the_focus_and_a_field_left_as_it_was_follows_the_server(open_tab):
    tab = open_tab()
    menu = tab.page.get_by_label("Mechanism of arm A")
    menu.focus()
    menu.select_option("smt")
    tab.wait("arms[0].now.mechanism === 'smt'")
    tab.page.get_by_label("Temperature β of arm A").fill("-1")
    tab.page.get_by_label("Temperature β of arm A").press("Enter")
    tab.page.get_by_role("alert").wait_for()
    menu.focus()
    menu.select_option("hmt")
    tab.wait("arms[0].now.mechanism === 'hmt'")
    tab.wait("!document.querySelector('[role=alert]')")
    assert menu.evaluate("(field) => field === document.activeElement")
    # Typed and taken back, which is no change: the next environment's value is shown.
    length = tab.page.get_by_label("List length K of arm A")
    kept = length.input_value()
    length.fill("7")
    length.fill(kept)
    length.blur()
    tab.page.get_by_label("Environment").select_option("synthetic")
    tab.wait("arms[0].about.users === 2000")
    tab.wait(f"document.querySelector('[aria-label=\"List length K of arm A\"]').value !== '{kept}'")
    assert tab.errors == []


def test_after_a_choice_with_the_mouse_or_enter_keys_are_the_pages_again(open_tab):
    tab = open_tab("?arms=1")
    tab.page.get_by_label("Two arms").click()
    tab.page.get_by_role("group", name="Arm B").wait_for()
    tab.page.keyboard.press("ArrowRight")
    tab.wait_for_step(1)
    tab.page.get_by_label("Temperature β of arm A").fill("0.5")
    tab.page.keyboard.press("Enter")
    tab.wait("arms[0].space.beta[0] === 0.5")
    tab.page.keyboard.press("ArrowRight")
    tab.wait_for_step(2)
    # A choice by keys leaves them with the menu, which goes on through its options.
    menu = tab.page.get_by_label("Mechanism of arm A")
    menu.focus()
    tab.page.keyboard.press("ArrowDown")
    tab.page.keyboard.press("ArrowDown")
    tab.wait("arms[0].now.mechanism === 'smt'")
    assert menu.evaluate("(field) => field === document.activeElement")
    assert tab.step() == 2
    assert tab.errors == []


def test_an_answer_to_something_else_does_not_turn_a_choice_back(open_tab):
    tab = open_tab("?arms=1")
    menu = tab.page.get_by_label("Mechanism of arm A")
    shown = menu.evaluate_handle(
        """(menu) => {
          const shown = [];
          const look = () => { shown.push(menu.value); requestAnimationFrame(look); };
          document.querySelector("[aria-label='Speed']").dispatchEvent(new Event("change"));
          menu.value = "smt";
          menu.dispatchEvent(new Event("change"));
          requestAnimationFrame(look);
          return shown;
        }"""
    )
    tab.wait("arms[0].now.mechanism === 'smt'")
    tab.page.wait_for_timeout(700)
    assert set(shown.json_value()) == {"smt"}
    assert tab.errors == []


def test_space_plays_wherever_one_is_not_typing_and_enter_presses_what_has_the_focus(open_tab):
    tab = open_tab("?arms=1&seed=3")
    keys, label, playing = tab.page.keyboard, tab.page.get_by_label, "page.root.dataset.playing === '{}'"

    def space_plays_and_pauses() -> None:
        for state in ("true", "false"):
            keys.press("Space")
            tab.wait(playing.format(state))

    for name in ("Reset", "Step", "Epoch", "Link"):
        tab.press(name)
        space_plays_and_pauses()
    assert tab.step() > 5  # no button was pressed again
    tab.press("Fork")
    tab.wait("arms.length === 2")
    space_plays_and_pauses()
    tab.page.get_by_text("Creators", exact=True).click()
    for one in (label("Two arms"), label("Mechanism of arm A"), label("Speed")):
        one.click()
        keys.press("Escape")  # the menu that opened
        space_plays_and_pauses()
    # By keys alone: Enter presses a button, a box is ticked by space, a slider and a menu go by arrows.
    step = tab.step()
    tab.page.get_by_role("button", name="Step", exact=True).focus()
    keys.press("Enter")
    tab.wait_for_step(step + 1)
    keys.press("Tab")
    space_plays_and_pauses()
    label("Two arms").focus()
    keys.press("Space")
    tab.wait("arms.length === 2")
    speed, step = label("Speed").input_value(), tab.step()
    label("Speed").focus()
    keys.press("ArrowRight")
    tab.wait_for_value("Speed", str(int(speed) + 1))
    assert tab.step() == step
    assert tab.errors == []


def test_a_slider_changes_the_world_while_it_is_drawn_and_is_one_change_at_a_step(open_tab):
    tab = open_tab("?arms=1&seed=3")
    slider, mouse = tab.page.get_by_label("Slide β, arm A"), tab.page.mouse
    assert slider.input_value() == "-1"
    box = slider.bounding_box()
    mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
    mouse.down()
    for k in range(1, 11):
        mouse.move(box["x"] + box["width"] * (k + 5) / 15, box["y"] + box["height"] / 2)
        tab.page.wait_for_timeout(60)
    tab.wait("arms[0].space.beta[0] > 0.2")  # before it is let go
    mouse.up()
    tab.wait("arms[0].space.beta[0] === 10")
    tab.wait_for_value("Temperature β of arm A", "10")
    tab.wait("location.search.includes('changes=0.a.beta:10')")
    tab.page.keyboard.press("Space")
    tab.wait_for_step(3)
    assert tab.page.get_by_label("Slide K, arm A").get_attribute("max") == "5"
    assert tab.errors == []
