"""``ecosystem data``: ratings into embeddings, once, for the environment `movielens`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ecosystem_runs.commands import check, embeddings
from ecosystem_runs.commands.groups import Commands
from ecosystem_runs.commands.interrupts import at_ctrl_c
from ecosystem_runs.commands.options import AsJson, Seed, fields_are_options
from ecosystem_runs.progress import tell

if TYPE_CHECKING:
    from ecosystem.ratings.table import Source
    from ecosystem.ratings.training import TrainingSettings

app = typer.Typer(
    cls=Commands,
    help="Read your own vectors, or train embeddings on ratings for later runs.",
    no_args_is_help=True,
)
app.command("embeddings")(embeddings.embeddings)
app.command("check")(check.check)


@dataclass(frozen=True)
class Training:
    """Options of training, whatever the ratings."""

    validate: Annotated[
        bool, typer.Option("--validate", help="Measure the test RMSE by 5-fold cross-validation.")
    ] = False
    model: Annotated[str, typer.Option(help="The factorisation: mf, nmf or pmf.")] = "mf"
    biases: Annotated[
        bool | None, typer.Option("--biases/--no-biases", help="Fit biases, folded in; mf does by default.")
    ] = None
    dim: Annotated[int, typer.Option(help="Dimensions of the embeddings.")] = 32
    epochs: Annotated[int | None, typer.Option(help="Passes over the ratings: 30, of nmf 150.")] = None
    regularisation: Annotated[
        float | None, typer.Option(help="Regularisation: 0.04, of nmf 0.08, of pmf 0.05.")
    ] = None
    seed: Seed = 0

    def settings(self) -> TrainingSettings:
        """Return them checked."""
        from dataclasses import replace

        from ecosystem.ratings.training import MODELS
        from ecosystem_agents.inputs.checks import BadInput, choice, real, whole

        usual = MODELS[choice("--model", self.model, MODELS)]
        if self.biases and not usual.biases:
            raise BadInput(
                f"--biases is given with --model {self.model}, which has none; leave out one of the two"
            )
        epochs = usual.epochs if self.epochs is None else self.epochs
        regularisation = usual.regularisation if self.regularisation is None else self.regularisation
        return replace(
            usual,
            dim=whole("--dim", self.dim, at_least=3, at_most=1024),
            biases=usual.biases if self.biases is None else self.biases,
            epochs=whole("--epochs", epochs, at_least=1),
            regularisation=real("--regularisation", regularisation, at_least=0),
            seed=whole("--seed", self.seed, at_least=0, at_most=2**32 - 1),
        )


@dataclass(frozen=True)
class Columns:
    """Options of a rating table: what its columns are called, and what stands in them."""

    user: Annotated[str, typer.Option(help="Column of the users.")] = "user"
    item: Annotated[str, typer.Option(help="Column of the items.")] = "item"
    rating: Annotated[str, typer.Option(help="Column of the ratings.")] = "rating"
    lowest: Annotated[float, typer.Option(help="Lowest rating there is.")] = 1.0
    highest: Annotated[float, typer.Option(help="Highest rating there is.")] = 5.0


@dataclass(frozen=True)
class Writing:
    """Options of how a table of text is written."""

    separator: Annotated[
        str | None, typer.Option(help="What parts fields, such as ; or tab; by default looked for.")
    ] = None
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of the text, such as latin-1; by default looked for.")
    ] = None


@app.command("movielens")
@fields_are_options
def movielens(
    *,
    path: Annotated[
        Path | None, typer.Option(help="GroupLens' ml-1m.zip or another, or the folder it unpacks to.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name to keep the embeddings under.")] = "movielens",
    training: Training,
    as_json: AsJson = False,
) -> None:
    """Read MovieLens-1M or another MovieLens, check it, and train embeddings of users and movies."""
    from ecosystem.ratings.grouplens import MOVIELENS_1M, WHERE_FROM, movielens_source
    from ecosystem_agents.inputs.checks import BadInput

    if path is None:
        raise BadInput(f"--path is not given; {WHERE_FROM}")
    settings = training.settings()
    figures = _prepare(movielens_source(path), "movies", name, settings, training.validate, as_json)
    figures["complete"] = all(figures[key] == count for key, count in MOVIELENS_1M.items())
    if not figures["complete"] and figures["read_as"] == "ratings.dat":
        note = f"{figures['ratings']} ratings, where GroupLens' file has {MOVIELENS_1M['ratings']}"
        tell(f"this is not the whole of MovieLens-1M: {note}")
    _print(figures, as_json)


@app.command("ratings")
@fields_are_options
def ratings(
    *,
    path: Annotated[Path, typer.Option(help="A .csv, .tsv or .parquet file, one rating a row.")],
    name: Annotated[str, typer.Option(help="Name to keep the embeddings under.")] = "ratings",
    columns: Columns,
    writing: Writing,
    training: Training,
    as_json: AsJson = False,
) -> None:
    """Read any rating table, check it, and train embeddings of users and items."""
    from ecosystem.delimited import Written
    from ecosystem.ratings.table import table_source

    source = table_source(path, **vars(columns), written=Written(**vars(writing)))
    _print(_prepare(source, "items", name, training.settings(), training.validate, as_json), as_json)


def _prepare(
    source: Source, items: str, name: str, settings: TrainingSettings, validate: bool, quiet: bool
) -> dict[str, Any]:
    import time

    import numpy as np

    from ecosystem.ratings import prepared
    from ecosystem.ratings.training import cross_validate, rmse
    from ecosystem_runs.progress import progress

    ratings, name = source.read(), prepared.kept_as(name, settings.model)
    prepared.check_kept(name)
    start = time.perf_counter()
    already = prepared.prepared_already(source, settings)
    embeddings = prepared.prepare(source, settings, ratings) if already is None else already
    seconds = time.perf_counter() - start
    prepared.remember(name, embeddings)
    figures: dict[str, Any] = {
        "read_as": ratings.read_as,
        "ratings": len(ratings.rating),
        "users": len(ratings.user_ids),
        items: len(ratings.item_ids),
        "active_users": int((ratings.ratings_per_user() > 200).sum()),
        "titles": ratings.has_titles,
        "rmse": None,
        "rmse_folds": None,
        "training_rmse": rmse(embeddings.users, embeddings.items, ratings),
        "seconds_to_embeddings": seconds,
        "prepared_already": already is not None,
    }
    if validate:
        kept = "the embeddings are kept; the same command measures the RMSE anew"
        with at_ctrl_c(kept), progress("cross-validation", 5, quiet) as report:
            figures["rmse_folds"] = cross_validate(ratings, settings, 5, report)
        figures["rmse"] = float(np.mean(figures["rmse_folds"]))
    figures |= {"name": name, "input_digest": embeddings.input_digest}
    figures["embeddings"] = str(prepared.embeddings_file(embeddings.input_digest).absolute())
    return figures


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(figures))
        return
    from ecosystem_runs.commands.tables import show

    counted = ("ratings", "users", "movies", "items")
    rows = {"read as": figures["read_as"]}
    rows |= {label: f"{figures[label]:,}" for label in counted if label in figures}
    rows["users with more than 200 ratings"] = f"{figures['active_users']:,}"
    rows["titles"] = "yes" if figures["titles"] else "none; items go by their ids"
    if figures["rmse"] is not None:
        rows["test RMSE, mean of 5 folds"] = f"{figures['rmse']:.4f}"
        rows["each fold"] = ", ".join(f"{one:.4f}" for one in figures["rmse_folds"])
        rows["test MSE"] = f"{figures['rmse'] ** 2:.4f}"
    rows["training RMSE, all ratings"] = f"{figures['training_rmse']:.4f}"
    rows["time to embeddings"] = f"{figures['seconds_to_embeddings']:.1f} s"
    if figures["prepared_already"]:
        rows["time to embeddings"] = "none, they were prepared already"
    title = f"ratings kept as {figures['name']}"
    show(title, ("figure", "value"), rows.items(), f"embeddings in {figures['embeddings']}")
