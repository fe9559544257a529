"""Whether strangers can use a key: is there a request of one that its policy lets through?

A yes has a witness, a request that the concrete procedure (`authorize`) allows. A no means that no
such request exists however what is unknown turns out. Anything else is cannot tell, with what to
resolve.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import cached_property

from kmsiac.access.authorize import authorize
from kmsiac.access.instantiate import Instances
from kmsiac.access.model import Environment, Request
from kmsiac.access.search import (
    PERHAPS,
    SURELY,
    Budget,
    Question,
    Search,
    Sense,
    TooComplex,
)
from kmsiac.access.statements import variables_of
from kmsiac.access.strangers import known_names, strangers, usable
from kmsiac.access.trust import Trusted
from kmsiac.access.views import View
from kmsiac.aws.actions import kms_actions
from kmsiac.inventory.expand import digest
from kmsiac.policy.document import Condition, PolicyDocument, Statement
from kmsiac.policy.parse import parse_document
from kmsiac.stack import Provider
from kmsiac.values import (
    NO,
    Answer,
    Blame,
    List,
    Map,
    Text,
    Verdict,
    blame_on,
    cannot_tell,
    text,
    unknowns,
    walk,
)

_REMEMBERED = 512
_AT_HAND = 16
_TOO_COMPLEX = "too complex to decide"
_COMPARED = "compares two things that a caller may choose"
_FAILED = "a witness did not hold; this is a fault of kmsiac"


def public(
    document: PolicyDocument, statement: Statement | None, provider: Provider, trusted: Trusted
) -> Answer:
    """Whether a stranger can be allowed by this statement of a key policy (None: by any).

    The Denies of the whole document count. A yes carries the request as witness.
    """
    asked = (id(document), id(provider), trusted)
    prepared = _prepared.get(asked)
    if prepared is None:
        prepared = _prepared[asked] = _Prepared(document, provider, trusted)
        if len(_prepared) > _AT_HAND:
            _prepared.popitem(last=False)
    return prepared.public(None if statement is None else statement.index)


class _Prepared:
    """A document made ready once for the questions about each of its statements."""

    def __init__(self, document: PolicyDocument, provider: Provider, trusted: Trusted) -> None:
        # Both are kept, so that their ids stay theirs.
        self._document = document
        self._provider = provider
        avoid = trusted.accounts | trusted.organizations
        self._instances = instances = Instances(provider, [document.value], avoid)
        concrete = instances.document(document)
        place = (instances.account, instances.region, instances.partition)
        key = (digest(concrete.value), *place, trusted.accounts, trusted.organizations)
        model = _models.get(key)
        if model is None:
            model = _models[key] = _Model(concrete, instances, trusted)
            if len(_models) > _REMEMBERED:
                _models.popitem(last=False)
        else:
            _models.move_to_end(key)
        self._model = model

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        found = _places(self._document, self._instances)
        return {told: (spelt, position) for told, spelt, position in found}

    @cached_property
    def _hidden(self) -> frozenset[str]:
        """The condition keys that a sensitive value stands in or under, in lower case."""
        return frozenset(
            str(key).lower()
            for statement in self._document
            for condition in statement.conditions
            for key in [self._instances.text(condition.key).literal]
            if key is not None and _is_sensitive(condition)
        )

    def public(self, index: int | None) -> Answer:
        """The answer with its blame as this document spells it, and where (an equal one was
        judged), and with what is sensitive in it hidden.
        """
        answer = self._model.public(index)
        if isinstance(answer.witness, Request) and self._hidden:
            return answer._replace(witness=replace(answer.witness, hidden=self._hidden))
        if not answer.is_open:
            return answer
        blame = []
        for one in answer.blame:
            here = (one.expression, self._document.position)
            spelt, position = self._places.get(one.expression, here)
            blame.append(Blame(spelt, one.reason, position))
        return cannot_tell(*blame)


def _is_sensitive(condition: Condition) -> bool:
    return condition.key.sensitive or any(value.sensitive for value in condition.values)


_models: OrderedDict[Hashable, _Model] = OrderedDict()
_prepared: OrderedDict[Hashable, _Prepared] = OrderedDict()


class _Model:
    """One concrete document, and the answers about it so far."""

    def __init__(self, document: PolicyDocument, instances: Instances, trusted: Trusted) -> None:
        self._document = document
        self._account = instances.account
        variables = variables_of(document)
        arn = f"arn:{instances.partition}:kms:{instances.region}:{instances.account}:key/"
        key_arn = arn + instances.fresh("00000000-0000-4000-9000-{:012x}")
        self._views = [View(statement, variables, key_arn) for statement in document]
        self._by_index = {view.statement.index: [view] for view in self._views}
        literals = [
            part
            for inner in walk(document.value)
            if isinstance(inner, Text)
            for part in inner.parts
            if isinstance(part, str)
        ]
        terms = [term for view in self._views for term in view.terms]
        known = known_names(literals, instances, trusted)
        people, self._complete = strangers(terms, known, instances)
        actions = [action.name for action in kms_actions() if usable(action.name)]
        self._search = Search(self._views, people, known, key_arn, actions)
        self._actions = actions
        self._answers: dict[int | None, Answer] = {}

    def public(self, index: int | None) -> Answer:
        """The answer for one statement, or for all."""
        if index not in self._answers:
            self._answers[index] = self._decide(index)
        return self._answers[index]

    def _decide(self, index: int | None) -> Answer:
        views = self._views if index is None else self._by_index.get(index, [])
        views = [v for v in views if any(not v.allows(action).is_no for action in self._actions)]
        budget = Budget()
        try:
            for view in views:
                witness = self._search.find(view, SURELY, budget)
                if witness is not None:
                    return self._confirmed(view, witness)
            blame: set[Blame] = set()
            for view in views:
                if self._search.find(view, PERHAPS, budget) is not None:
                    blame |= self._blame(view, budget)
                elif not self._complete and view.terms:
                    blame.add(self._too_complex(view))
        except TooComplex:
            return cannot_tell(Blame("", _TOO_COMPLEX, self._document.position))
        if index is None and self._document.open is not None:
            blame.add(blame_on(self._document.open))
        return cannot_tell(*blame) if blame else NO

    def _confirmed(self, view: View, witness: Request) -> Answer:
        """The yes, once the whole document has been evaluated on the witness."""
        if self._document.open is not None:  # a Deny may stand in what is not known
            return cannot_tell(blame_on(self._document.open))
        environment = Environment(
            key_policy=self._document,
            identity=(_allow_all(),),
            resource_account=self._account,
        )
        decision = authorize(witness, environment)
        if decision.answer.is_yes:
            return Answer(Verdict.YES, witness=witness)
        return cannot_tell(Blame(view.statement.label, _FAILED, view.statement.position))

    def _blame(self, view: View, budget: Budget) -> set[Blame]:
        """What keeps the question open: on the side of the Allow, of the Denies, or on both."""
        certain = Question(Sense.CERTAIN, Sense.CERTAIN)
        cautious = Question(Sense.POSSIBLE, Sense.POSSIBLE)
        denies = self._deny_blame()
        if denies and self._search.find(view, certain, budget) is not None:
            return denies
        allow = self._allow_blame(view)
        if allow and self._search.find(view, cautious, budget) is not None:
            return allow
        return allow | denies or {self._too_complex(view)}

    def _allow_blame(self, view: View) -> set[Blame]:
        blame: set[Blame] = set()
        for action in self._actions:
            blame |= view.allows(action).blame
        return blame | self._term_blame(view)

    def _deny_blame(self) -> set[Blame]:
        blame: set[Blame] = set()
        for view in self._views:
            answers = [view.denies(action) for action in self._actions]
            if all(answer.is_no for answer in answers):
                continue
            blame |= {one for answer in answers for one in answer.blame}
            blame |= self._term_blame(view)
        return blame

    def _term_blame(self, view: View) -> set[Blame]:
        blame = self._search.blame(view)
        for term in view.terms:
            if self._search.compares(term):
                values = (value for value in term.condition.values if isinstance(value, Text))
                blame |= {Blame(str(v), _COMPARED, v.position) for v in values}
        return blame

    def _too_complex(self, view: View) -> Blame:
        return Blame(view.statement.label, _TOO_COMPLEX, view.statement.position)


def _allow_all() -> PolicyDocument:
    """A stranger gives itself every permission on its own side."""
    statement = Map(
        [(text(n), text(v)) for n, v in (("Effect", "Allow"), ("Action", "*"), ("Resource", "*"))]
    )
    document = parse_document(Map([(text("Statement"), List([statement]))]))
    assert isinstance(document, PolicyDocument)
    return document


def _places(document: PolicyDocument, instances: Instances) -> Iterator[tuple[str, str, int]]:
    """What blame may name: as the concrete document spells it, as this one does, and where."""
    texts: list[Text] = []
    for statement in document:
        yield statement.label, statement.label, statement.position
        for condition in statement.conditions:
            texts += [v for v in condition.values if isinstance(v, Text)]
            texts.append(condition.key)
            operator = str(condition.operator)
            yield operator, operator, condition.operator_position
        texts += [p.value for p in statement.resources if isinstance(p.value, Text)]
    for spelt in texts:
        yield str(instances.text(spelt)), str(spelt), spelt.position
    rests = (document.open, *(statement.open for statement in document))
    for unknown in [*unknowns(document.value), *(rest for rest in rests if rest is not None)]:
        found = blame_on(unknown)
        yield found.expression, found.expression, found.position
