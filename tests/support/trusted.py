"""Telling by the source whether words that Streamlit takes for Markdown or HTML can hold a stranger's.

Trusted is what stands in the source, what is a number, what a cleaner has made harmless, and what is put together of
these. A parameter is trusted where every call passes what is, a function where it returns what is, and a field where
every object is made with what is. All else could be a stranger's: a name, a reason, what an address or an error says.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, cached_property

NUMBERS = {"int", "float", "bool", "Count", "Share", "Seconds", "Amount", "Digit", "NDArray", "None", "datetime"}
HOLDERS = {"list", "tuple", "set", "dict", "Sequence", "Iterable", "Mapping", "Collection", "Annotated"}
OF_NUMBERS = {"size", "shape", "days"}  # attributes of arrays and times
COUNTING = {"len", "int", "float", "round", "sum", "abs", "hash", "bool", "range", "divmod", "timedelta", "ceil"}
PASSING_ON = {  # what comes out of these was put in
    *("list", "tuple", "set", "dict", "sorted", "reversed", "enumerate", "zip", "filter", "map", "max", "min", "str"),
    *("next", "iter", "fromkeys", "replace", "strip", "rstrip", "lstrip", "capitalize", "lower", "upper", "join"),
    *("removeprefix", "removesuffix", "items", "values", "keys", "get", "split", "splitlines"),
}
Function = ast.FunctionDef | ast.Lambda
SCOPES = (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)
CHOICES = {"segmented_control", "pills"}  # which return one of their options, whatever a browser sends
CALLBACKS = {"on_click", "on_change", "on_dismiss"}


class Sources:
    """The parsed files of a project, by their paths, and which of their expressions are trusted.

    `cleaners` are the functions that make words harmless, `known` the names of what is trusted for another reason.
    """

    def __init__(self, files: Mapping[str, str], cleaners: set[str], known: set[str]) -> None:
        self.modules = {file: ast.parse(text) for file, text in files.items()}
        self.cleaners, self.known = cleaners, known
        self.file = {node: file for file, module in self.modules.items() for node in ast.walk(module)}
        self.above = {child: node for node in self.file for child in ast.iter_child_nodes(node)}
        self._decided: dict[ast.AST, bool] = {}
        self._bindings = cache(self._find_bindings)

    def is_trusted(self, node: ast.AST) -> bool:
        """Tell whether nothing of an expression is a stranger's."""
        if node not in self._decided:
            self._decided[node] = True  # what is made of itself, as by +=, is trusted if the rest is
            self._decided[node] = self._decide(node)
        return self._decided[node]

    def _decide(self, node: ast.AST) -> bool:  # noqa: C901, a case for each kind of expression
        match node:
            case ast.Constant() | ast.Compare() | ast.UnaryOp():
                return True
            case ast.FormattedValue(value=value, format_spec=spec):
                return _is_for_numbers(spec) or self.is_trusted(value)
            case ast.JoinedStr(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return all(map(self.is_trusted, parts))
            case ast.Dict(keys=keys, values=values):
                return all(map(self.is_trusted, [*filter(None, keys), *values]))
            case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Sub() | ast.Pow()):  # a number
                return True
            case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
                return self.is_trusted(left) and self.is_trusted(right)
            case ast.BoolOp(values=parts):
                return all(map(self.is_trusted, parts))
            case ast.Starred(value=value):
                return self._has_trusted_keys(value)
            case ast.Subscript(value=value) | ast.NamedExpr(value=value) | ast.Lambda(body=value):
                return self.is_trusted(value)
            case ast.ListComp(elt=each) | ast.GeneratorExp(elt=each) | ast.SetComp(elt=each):
                return self.is_trusted(each)
            case ast.DictComp(key=key, value=value):
                return self.is_trusted(key) and self.is_trusted(value)
            case ast.Call():
                return self._is_trusted_call(node)
            case ast.Attribute():
                return self._is_trusted_attribute(node)
            case ast.Name(id=name):
                found = self._bound(node)
                return all(map(self._holds, found)) if found else name in self.known | self.words_of_types
        return False

    def _holds(self, found: ast.AST | bool) -> bool:
        return found if isinstance(found, bool) else self.is_trusted(found)

    def _has_trusted_keys(self, node: ast.AST) -> bool:
        """Tell whether what is gone through is trusted: of a dictionary, its keys."""
        match node:
            case ast.Dict(keys=keys):
                return all(map(self.is_trusted, filter(None, keys)))
            case ast.DictComp(key=key):
                return self.is_trusted(key)
            case ast.Name() if found := self._bound(node):
                return all(each if isinstance(each, bool) else self._has_trusted_keys(each) for each in found)
            case ast.Call(func=called) if _last(called) not in self.known and (functions := self._called(node)):
                return all(self._has_trusted_keys(each) for function in functions for each in _returned(function))
        return self.is_trusted(node)

    def _has_trusted_values(self, node: ast.AST) -> bool:
        """Tell whether the values of a dictionary are trusted."""
        match node:
            case ast.Dict(values=values):
                return all(map(self.is_trusted, values))
            case ast.DictComp(value=value):
                return self.is_trusted(value)
            case ast.Name() if found := self._bound(node):
                return all(each if isinstance(each, bool) else self._has_trusted_values(each) for each in found)
        return self.is_trusted(node)

    def _is_trusted_call(self, call: ast.Call) -> bool:
        name = _last(call.func)
        if name in self.cleaners | COUNTING | self.known:
            return True
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if functions := self._called(call):
            return all(map(self._returns_trusted, functions))
        if name in self.classes:
            return all(map(self.is_trusted, given))
        if name == "map" and _last(call.args[0]) in self.cleaners | {"int", "float"}:
            return True
        if name in ("keys", "values") and isinstance(call.func, ast.Attribute):
            look = self._has_trusted_keys if name == "keys" else self._has_trusted_values
            return look(call.func.value)
        if name in CHOICES:
            options = [each.value for each in call.keywords if each.arg == "options"] or call.args[1:2]
            return all(map(self._has_trusted_keys, options))
        if name in PASSING_ON:
            receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
            return all(map(self._has_trusted_keys if name in ("list", "sorted") else self.is_trusted, receiver + given))
        return False

    def _returns_trusted(self, function: ast.FunctionDef) -> bool:
        if self._is_trusted_type(function.returns):
            return True
        returned = _returned(function)
        return bool(returned) and all(map(self.is_trusted, returned))

    def _is_trusted_attribute(self, node: ast.Attribute) -> bool:
        name = node.attr
        if name in OF_NUMBERS | self.known or _last(node.value) in self.words_of_types:
            return True
        if name.isupper() and (found := self.constants.get((self._imported(node.value), name))):
            return all(map(self._holds, found))
        classes = self._classes_of(node.value)
        fields = [field for field in self.fields.get(name, []) if not classes or field[1].name in classes]
        return bool(fields) and all(self._is_trusted_field(name, *field) for field in fields)

    def _is_trusted_field(self, name: str, kind: ast.AST | None, owner: ast.ClassDef, place: int | None) -> bool:
        if self._is_trusted_type(kind):
            return True
        if place is None:  # a property
            function = next(each for each in owner.body if isinstance(each, ast.FunctionDef) and each.name == name)
            return self._returns_trusted(function)
        made = []
        for call in self.calls[owner.name]:
            if self.file[owner] not in (self.file[call], self.imports[self.file[call]].get(owner.name)):
                continue  # another class of that name
            if any(isinstance(each, ast.Starred) for each in call.args) or None in [k.arg for k in call.keywords]:
                made += [*call.args, *(each.value for each in call.keywords)]
            made += [each.value for each in call.keywords if each.arg == name] or call.args[place : place + 1]
        made += [k.value for call in self.calls["replace"] for k in call.keywords if k.arg == name]
        return bool(made) and all(map(self.is_trusted, made))

    def _bound(self, node: ast.Name) -> list[ast.AST | bool]:
        """Return what a name can stand for; what cannot be told is False."""
        scope = self.above.get(node)
        while scope:
            if isinstance(scope, SCOPES) and (found := self._bindings(scope).get(node.id)):
                return found
            scope = self.above.get(scope)
        if any(True for _ in self._named(node)):
            return [True]  # a function, which holds no words
        files = (self.file.get(node, ""), self._imported(node))
        return [each for file in files for each in self.constants.get((file, node.id), ())]

    def _imported(self, node: ast.AST) -> str:
        """Return the file that a name was imported from, or that it is."""
        return self.imports.get(self.file.get(node, ""), {}).get(_last(node), "")

    def _classes_of(self, node: ast.AST) -> set[str]:
        """Return the names of our classes in the type of a name, an attribute or a call, where it is declared."""
        if isinstance(node, ast.Attribute) and (owners := self._classes_of(node.value)):
            kinds = [kind for kind, owner, _ in self.fields.get(node.attr, []) if kind and owner.name in owners]
            return {_last(part) for kind in kinds for part in ast.walk(kind)} & self.classes
        if isinstance(node, ast.Call):
            kinds = [function.returns for function in self._called(node) if function.returns]
            return {_last(part) for kind in kinds for part in ast.walk(kind)} & self.classes
        scope = self.above.get(node)
        while scope and isinstance(node, ast.Name):
            for each in _own(scope) if isinstance(scope, ast.FunctionDef) else ():
                match each:
                    case ast.AnnAssign(target=ast.Name(id=name), annotation=kind) | ast.arg(arg=name, annotation=kind):
                        if name == node.id and kind:
                            return {_last(part) for part in ast.walk(kind)} & self.classes
            scope = self.above.get(scope)
        made = self._bound(node) if isinstance(node, ast.Name) else []
        if made and all(isinstance(each, ast.Call) for each in made):
            return {kind for each in made if isinstance(each, ast.Call) for kind in self._classes_of(each)}
        return set()

    def _find_bindings(self, scope: ast.AST) -> Mapping[str, list[ast.AST | bool]]:  # noqa: C901, the same
        found: dict[str, list[ast.AST | bool]] = defaultdict(list)
        if isinstance(scope, Function):
            for place, argument in enumerate(_parameters(scope)):
                is_trusted = self._is_trusted_type(argument.annotation)
                found[argument.arg] += [True] if is_trusted else self._passed(scope, place, argument.arg)
        for node in _own(scope):
            match node:
                case ast.AnnAssign(target=target, annotation=kind) if self._is_trusted_type(kind):
                    found[_last(target)].append(True)
                case ast.AnnAssign(target=target, value=value) if value:
                    _bind(found, target, value)
                case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                    _bind(found, target, value)
                case ast.Assign(targets=[target], value=value):
                    _bind(found, target, value)
                case ast.For(target=target, iter=values) | ast.comprehension(target=target, iter=values):
                    _bind(found, target, values, is_each=True)
                case ast.ExceptHandler(name=str(name)):
                    found[name].append(False)
                case ast.withitem(optional_vars=ast.AST() as target):
                    _bind(found, target, False)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=holder), attr="append"), args=[value]):
                    found[holder].append(value)
        return found

    def _passed(self, scope: Function, place: int, name: str) -> list[ast.AST | bool]:
        """Return what calls pass as a parameter, or its default."""
        if isinstance(scope, ast.Lambda):
            return [False]
        passed: list[ast.AST | bool] = []
        for call in self.calls[scope.name]:
            if scope in self._called(call):
                by_name = [keyword.value for keyword in call.keywords if keyword.arg == name]
                passed += by_name or call.args[place : place + 1] or _default(scope, name) or [False]
        for call in self.calls_back[scope.name]:
            arguments = next((each.value for each in call.keywords if each.arg == "args"), ast.Tuple([]))
            given = arguments.elts if isinstance(arguments, ast.Tuple) else [arguments] * (place + 1)
            passed += given[place : place + 1] or _default(scope, name) or [False]
        return passed or [False]

    def _called(self, call: ast.Call) -> list[ast.FunctionDef]:
        return list(self._named(call.func))

    def _named(self, node: ast.AST) -> Iterator[ast.FunctionDef]:
        """Go through the functions that a name can mean: of its own module, of the one it was imported from."""
        imported = self.imports[self.file.get(node, "")] if node in self.file else {}
        match node:
            case ast.Name(id=name):
                files = {self.file.get(node, ""), imported.get(name, "")}
            case ast.Attribute(value=ast.Name(id=holder), attr=name) if holder in imported:
                files = {imported[holder]}
            case ast.Attribute(attr=name):  # a method, of whatever class
                yield from (each for each in self.functions[name] if isinstance(self.above[each], ast.ClassDef))
                return
            case _:
                return
        yield from (each for each in self.functions[name] if self.file[each] in files)

    def _is_trusted_type(self, kind: ast.AST | None) -> bool:
        match kind:
            case ast.Constant():  # None, or the dots of tuple[int, ...]
                return True
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return name in NUMBERS | self.words_of_types
            case ast.BinOp(left=left, right=right):
                return self._is_trusted_type(left) and self._is_trusted_type(right)
            case ast.Subscript(value=holder, slice=inner):
                if _last(holder) in ("NDArray", "Literal"):
                    return True
                parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                parts = parts[:1] if _last(holder) == "Annotated" else parts
                return _last(holder) in HOLDERS and all(map(self._is_trusted_type, parts))
        return False

    @cached_property
    def functions(self) -> Mapping[str, list[ast.FunctionDef]]:
        """All functions by name."""
        found = defaultdict(list)
        for node in self.file:
            if isinstance(node, ast.FunctionDef):
                found[node.name].append(node)
        return found

    @cached_property
    def classes(self) -> set[str]:
        """The names of all classes."""
        return {node.name for node in self.file if isinstance(node, ast.ClassDef)}

    @cached_property
    def calls(self) -> Mapping[str, list[ast.Call]]:
        """All calls by the last name of what is called."""
        found = defaultdict(list)
        for node in self.file:
            if isinstance(node, ast.Call):
                found[_last(node.func)].append(node)
        return found

    @cached_property
    def calls_back(self) -> Mapping[str, list[ast.Call]]:
        """All calls by the last name of a function that they are given to call later."""
        found = defaultdict(list)
        for call in (node for node in self.file if isinstance(node, ast.Call)):
            for each in call.keywords:
                if each.arg in CALLBACKS:
                    found[_last(each.value)].append(call)
        return found

    @cached_property
    def imports(self) -> Mapping[str, Mapping[str, str]]:
        """For each file the names that it imports, and the file that each is from, or is."""
        found: dict[str, dict[str, str]] = {file: {} for file in self.modules}
        for node, file in self.file.items():
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    folder = node.module.replace(".", "/")
                    inner = f"{folder}/{alias.name}.py"
                    found[file][alias.asname or alias.name] = inner if inner in self.modules else f"{folder}.py"
        return found

    @cached_property
    def constants(self) -> Mapping[tuple[str, str], list[ast.AST | bool]]:
        """What is assigned at the top of modules, by their files and its name."""
        found: dict[tuple[str, str], list[ast.AST | bool]] = {}
        for file, module in self.modules.items():
            here: dict[str, list[ast.AST | bool]] = defaultdict(list)
            for node in module.body:
                match node:
                    case ast.Assign(targets=targets, value=value):
                        for target in targets:
                            _bind(here, target, value)
                    case ast.AnnAssign(target=target, value=ast.AST() as value):
                        _bind(here, target, value)
            found |= {(file, name): values for name, values in here.items()}
        return found

    @cached_property
    def words_of_types(self) -> set[str]:
        """The names of enumerations, and of types that are a choice of words."""
        found = set()
        for node in self.file:
            match node:
                case ast.ClassDef(name=name, bases=bases) if {"Enum", "StrEnum"} & set(map(_last, bases)):
                    found.add(name)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript(value=ast.Name(id="Literal"))):
                    found.add(name)
        return found

    @cached_property
    def fields(self) -> Mapping[str, list[tuple[ast.AST | None, ast.ClassDef, int | None]]]:
        """The fields and properties of all classes by name: the type, the class, and the field's place."""
        found: dict[str, list[tuple[ast.AST | None, ast.ClassDef, int | None]]] = defaultdict(list)
        for node in (node for node in self.file if isinstance(node, ast.ClassDef)):
            for place, declared in enumerate(each for each in node.body if isinstance(each, ast.AnnAssign)):
                found[_last(declared.target)].append((declared.annotation, node, place))
            for each in node.body:
                if isinstance(each, ast.FunctionDef) and "property" in map(_last, each.decorator_list):
                    found[each.name].append((each.returns, node, None))
        return found


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Go through the nodes of a function, those of its lambdas too, but not of the functions within it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, ast.FunctionDef):
            yield from _own(node)


def _returned(function: ast.FunctionDef) -> list[ast.AST]:
    return [each.value for each in _own(function) if isinstance(each, ast.Return | ast.Yield) and each.value]


def _parameters(scope: Function) -> list[ast.arg]:
    return [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]


def _default(scope: ast.FunctionDef, name: str) -> list[ast.AST]:
    """Return a parameter's default, where it has one."""
    by_place = [*scope.args.posonlyargs, *scope.args.args]
    pairs: list[tuple[ast.arg, ast.expr | None]] = [*zip(by_place[::-1], scope.args.defaults[::-1], strict=False)]
    pairs += zip(scope.args.kwonlyargs, scope.args.kw_defaults, strict=True)
    return [value for argument, value in pairs if argument.arg == name and value]


def _bind(
    found: dict[str, list[ast.AST | bool]], target: ast.AST, value: ast.AST | bool, *, is_each: bool = False
) -> None:
    """Note what an assignment or a loop binds to names; what cannot be told apart is bound to each of them."""
    if isinstance(target, ast.Tuple):
        parts: list[ast.AST | bool] = [value] * len(target.elts)
        are_each = False
        match value:
            case ast.Tuple(elts=elements) if len(elements) == len(parts) and not is_each:
                parts = [*elements]
            case ast.Call(func=ast.Name(id="zip"), args=elements) if len(elements) == len(parts) and is_each:
                parts, are_each = [*elements], True
            case ast.Call(func=ast.Name(id="enumerate"), args=[elements, *_]) if len(parts) == 2 and is_each:
                parts, are_each = [True, elements], True
            case ast.Call(func=ast.Attribute(value=holder, attr="items")) if len(parts) == 2 and is_each:
                parts = [ast.Starred(holder), value]
        for part, its in zip(target.elts, parts, strict=True):
            _bind(found, part, its, is_each=are_each)
    elif name := _last(target.value if isinstance(target, ast.Starred) else target):
        found[name].append(ast.Starred(value) if is_each and isinstance(value, ast.Name) else value)


def _is_for_numbers(spec: ast.AST | None) -> bool:
    """Tell whether only a number can be formatted so."""
    parts = spec.values if isinstance(spec, ast.JoinedStr) else []
    text = "".join(str(each.value) for each in parts if isinstance(each, ast.Constant))
    return bool(text) and (text[-1] in "dfgeE%" or "," in text)


def _last(node: ast.AST) -> str:
    """Return the last name of a dotted one: `st.error` → "error"."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
