"""Documents made ready for questions: concrete, with views of their statements, remembered.

Equal documents (symbols renamed) in equal places share one model with its answers; a `Prepared`
is one asking document's way to it, and says blame as that document spells it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from kmsiac.access.guesses import Each, guesses, literals_of
from kmsiac.access.instantiate import Guess, Instances
from kmsiac.access.model import Request
from kmsiac.access.people import People
from kmsiac.access.persons import Known, known_names
from kmsiac.access.place import Place, has_known_id
from kmsiac.access.question import Part
from kmsiac.access.results import Need
from kmsiac.access.search import Search
from kmsiac.access.statements import variables_of
from kmsiac.access.views import Standing, View
from kmsiac.aws.actions import kms_action, kms_actions
from kmsiac.inventory.expand import digest
from kmsiac.policy.document import Condition, PolicyDocument
from kmsiac.policy.parse import parse_document
from kmsiac.values import (
    Answer,
    Blame,
    List,
    Map,
    Text,
    blame_on,
    cannot_tell,
    text,
    unknowns,
    walk,
)

_REMEMBERED = 512
_AT_HAND = 64
_NOT_GIVEN = frozenset({"kms:RetireGrant", "kms:SynchronizeMultiRegionKey"})
"""Only the grant decides who may retire it; only KMS itself synchronizes keys."""
HAS_PRINCIPAL = frozenset({"key", "endpoint", "rcp", "trust", "resource"})
"""The kinds of policies whose statements say for whom they are."""


class Model:
    """Concrete documents of one place, their views, and the answers about them so far."""

    def __init__(
        self, documents: Sequence[PolicyDocument], instances: Instances, place: Place
    ) -> None:
        self.documents = documents
        self.instances = instances
        self.kind = place.kind
        self.account = instances.account
        self.region = instances.region
        self.partition = instances.partition
        self.key_arn = _key_arn(instances, place)
        self.fresh_account = instances.fresh("2{:011d}")
        self.known: Known = known_names(literals_of(documents), instances, place.trusted)
        self.search = Search(People(self.known, instances, place), self.reaches)
        self.answers: dict[Hashable, object] = {}
        told = place.key_arn is not None
        known = place.key_arn is not None and has_known_id(place.key_arn)
        own_key = self.key_arn if place.kind == "key" and not known else None
        standing = Standing(
            place.kind,
            place.kind in HAS_PRINCIPAL,
            own_key,
            lambda text: not told or not instances.made_from_symbols(text),
        )
        self.views = [
            tuple(View(statement, variables_of(document), standing) for statement in document)
            for document in documents
        ]

    @cached_property
    def denies(self) -> tuple[Part, ...]:
        """The statements that deny, or may."""
        views = (view for views in self.views for view in views)
        return tuple(Part(view, "Deny") for view in views if view.may_deny)

    def reaches(self, action: str) -> bool:
        """Whether callers of other accounts can do an action at all."""
        return self.kind != "key" or usable_from_outside(action)


class Prepared:
    """The documents of one question as the templates spell them, and the model behind."""

    def __init__(self, documents: Sequence[PolicyDocument], place: Place, guess: Guess) -> None:
        # They are kept, so that their ids, by which they are found again, stay theirs.
        self.documents = tuple(documents)
        self.place = place
        self.guess = guess
        avoid = place.trusted.accounts | place.trusted.organizations
        spelt = literals_of(documents)
        self.instances = instances = Instances(place.provider, spelt, avoid, guess)
        if place.key_arn is not None:
            instances.name_key(place.key_arn, multi_region=place.multi_region)
        concrete = [instances.document(document) for document in documents]
        key = (
            *(digest(document.value) for document in concrete),
            place.kind,
            _key_arn(instances, place) if place.key_arn is not None else "",
            (instances.account, instances.region, instances.partition),
            (place.trusted.accounts, place.trusted.organizations),
        )
        model = _models.get(key)
        if model is None:
            model = _models[key] = Model(concrete, instances, place)
            if len(_models) > _REMEMBERED:
                _models.popitem(last=False)
        else:
            _models.move_to_end(key)
        self.model = model

    def view(self, index: int, document: int = 0) -> View | None:
        """The view of a statement of a document, by its index."""
        views = self.model.views[document]
        if index < len(views) and views[index].statement.index == index:
            return views[index]
        return next((view for view in views if view.statement.index == index), None)

    def remember(self, question: Hashable, decide: Callable[[], Answer]) -> Answer:
        """The answer to a question about the model, worked out once, told as these documents spell it."""
        found = self.model.answers.get(question)
        if found is None:
            found = self.model.answers[question] = decide()
        assert isinstance(found, Answer)
        return self.told(found)

    @cached_property
    def _places(self) -> dict[str, tuple[str, int]]:
        found = [p for one in self.documents for p in _places(one, self.instances)]
        return {told: (spelt, position) for told, spelt, position in reversed(found)}

    @cached_property
    def _hidden(self) -> frozenset[str]:
        return hidden_keys(self.documents, self.instances)

    @cached_property
    def _secrets(self) -> tuple[str, ...]:
        """The literal texts of these documents that must not be printed."""
        return secrets_of(self.documents, self.instances)

    def masked(self, text: str) -> str:
        """A text without what is sensitive in these documents."""
        return masked(text, self._secrets)

    def shown(self, need: Need) -> Need:
        """A need as these documents may show it."""
        if need.key.lower() in self._hidden:
            return Need(self.masked(need.key), need.operator, ("(sensitive)",))
        return Need(need.key, need.operator, tuple(map(self.masked, need.values)))

    def _without_secrets(self, request: Request) -> Request:
        return without_secrets(replace(request, hidden=self._hidden), self._secrets)

    def told(self, answer: Answer) -> Answer:
        """The answer with its blame as these documents spell it, and where (an equal one was
        judged), and with what is sensitive in it hidden.
        """
        if isinstance(answer.witness, Request) and (self._hidden or self._secrets):
            answer = answer._replace(witness=self._without_secrets(answer.witness))
        if not answer.is_open:
            return answer
        blame = []
        for one in answer.blame:
            here = (self.masked(one.expression), self.documents[0].position)
            spelt, position = self._places.get(one.expression, here)
            blame.append(Blame(spelt, one.reason, position))
        return cannot_tell(*blame)


_models: OrderedDict[Hashable, Model] = OrderedDict()
Ready = Each[Prepared]
"""Documents made ready, once for each guess at what their symbols are."""

_prepared: OrderedDict[Hashable, Ready] = OrderedDict()


def prepare(documents: Sequence[PolicyDocument], place: Place, *, accounts: bool = True) -> Ready:
    """The documents made ready, once for each thing that symbols may turn out to be (see
    `guesses`): the own account and Region, and others that may be equal.
    """
    where = (place.kind, id(place.provider), place.trusted, str(place.key_arn), place.multi_region)
    key = (*(id(document) for document in documents), *where, accounts)
    found = _prepared.get(key)
    if found is None:
        possible = guesses(documents, place.provider, place.trusted, accounts=accounts)
        made = (Prepared(documents, place, guess) for guess in possible.found)
        found = Each(made, cut=possible.cut)
        _prepared[key] = found
        if len(_prepared) > _AT_HAND:
            _prepared.popitem(last=False)
    return found


def agreed(ready: Ready, ask: Callable[[Prepared], Answer]) -> Answer:
    """The answer where it is the same whatever symbols turn out to be, else cannot tell."""
    first = ask(ready.first)
    if first.is_open:
        return first
    if ready.cut:
        return cannot_tell(*ready.blame())
    for other in ready.others:
        if ask(other).verdict is not first.verdict:
            return cannot_tell(*ready.blame([other]))
    return first


def all_action_names() -> tuple[str, ...]:
    """Every KMS action, by name."""
    return tuple(action.name for action in kms_actions())


def key_actions() -> tuple[str, ...]:
    """The actions that a key policy can give on its key, to somebody else than KMS itself."""
    return tuple(
        action.name
        for action in kms_actions()
        if action.in_key_policy and "key" in action.on and action.name not in _NOT_GIVEN
    )


def usable_from_outside(name: str) -> bool:
    """Whether a key policy can let a principal of another account do it."""
    found = kms_action(name)
    return (
        found is not None
        and found.cross_account is True
        and found.in_key_policy
        and "key" in found.on
        and found.name != "kms:RetireGrant"
    )


def allow_all(principal: str = "") -> PolicyDocument:
    """A caller's own side that permits everything; with a principal, a policy that has one."""
    pairs = [("Effect", "Allow"), ("Action", "*"), ("Resource", "*")]
    pairs += [("Principal", principal)] if principal else []
    statement = Map([(text(name), text(value)) for name, value in pairs])
    document = parse_document(Map([(text("Statement"), List([statement]))]))
    assert isinstance(document, PolicyDocument)
    return document


def _key_arn(instances: Instances, place: Place) -> str:
    """The ARN of the key in question; a fresh one where only its symbol is known."""
    given = instances.of(place.key_arn) if place.key_arn is not None else None
    if given is not None and given.count(":") >= 5 and ":key/" in given:
        return given
    head = f"arn:{instances.partition}:kms:{instances.region}:{instances.account}:key/"
    return head + instances.key_id(multi_region=place.multi_region)


def hidden_keys(documents: Iterable[PolicyDocument], instances: Instances) -> frozenset[str]:
    """The condition keys that a sensitive value stands in or under, in lower case."""
    return frozenset(
        key.lower()
        for document in documents
        for statement in document
        for condition in statement.conditions
        for key in [instances.text(condition.key).literal]
        if key is not None and _is_sensitive(condition)
    )


_TELLING = 4
"""Shorter texts stand in others by chance, and give nothing away."""


def secrets_of(documents: Iterable[PolicyDocument], instances: Instances) -> tuple[str, ...]:
    """The literal texts that are sensitive, longest first."""
    found: dict[str, None] = {}
    for document in documents:
        for inner in walk(document.value):
            if isinstance(inner, Text) and inner.sensitive:
                literal = instances.text(inner).literal
                # The name in an ARN also stands in that of a session.
                for secret in (literal or "", (literal or "").rpartition("/")[2]):
                    if len(secret) >= _TELLING:
                        found[secret] = None
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


def masked(text: str, secrets: Iterable[str]) -> str:
    """A text with `(sensitive)` in place of secrets."""
    for secret in secrets:
        text = text.replace(secret, "(sensitive)")
    return text


def without_secrets(request: Request, secrets: tuple[str, ...]) -> Request:
    """A request in which secrets are masked."""
    if not secrets:
        return request
    context = {
        masked(key, secrets): tuple(masked(value, secrets) for value in values)
        for key, values in request.context.items()
    }
    return replace(
        request,
        principal=masked(request.principal, secrets),
        resource=masked(request.resource, secrets),
        context=context,
    )


def _is_sensitive(condition: Condition) -> bool:
    return condition.key.sensitive or any(value.sensitive for value in condition.values)


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
        texts += [p.value for p in statement.principals if isinstance(p.value, Text)]
    for spelt in texts:
        made = instances.text(spelt)
        yield made.literal or str(made), str(spelt), spelt.position
    rests = (document.open, *(statement.open for statement in document))
    for unknown in [*unknowns(document.value), *(rest for rest in rests if rest is not None)]:
        found = blame_on(unknown)
        yield found.expression, found.expression, found.position
