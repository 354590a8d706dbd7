"""Rules as data, matched by a pure function."""

from serving.routing.decide import Decision, decide
from serving.routing.match import Route, Router, match
from serving.routing.rules import Routing, Rule, load, parse

__all__ = ["Decision", "Route", "Router", "Routing", "Rule", "decide", "load", "match", "parse"]
