"""The production shape on one machine: PostgreSQL, a Redis-protocol server, web, worker and beat under one roof."""

from analysis.management.stack.folder import Folder, StackFailure
from analysis.management.stack.services import Ports, all_services, prepare
from analysis.management.stack.supervisor import Service, Supervisor

__all__ = ["Folder", "Ports", "Service", "StackFailure", "Supervisor", "all_services", "prepare"]
