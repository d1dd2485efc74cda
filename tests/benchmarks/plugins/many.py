"""A facet for Datasette that counts in a table of links: as fast as its SQL allows where a row has several values.

Datasette's own facet over JSON arrays compares whole rows: 10 seconds for one page of 100,000 cases without a filter.
`_facet_many=sector` counts in the table `sector (value, case_id)`.
"""

from __future__ import annotations

from typing import Any

from datasette import hookimpl
from datasette.facets import Facet

COUNT = """
    WITH answer AS ({sql})
    SELECT value, COUNT(*) AS count FROM [{table}] WHERE case_id IN (SELECT id FROM answer)
    GROUP BY value ORDER BY count DESC, value LIMIT {limit}"""


class Many(Facet):
    """Values of a case in another table."""

    type = "many"

    async def suggest(self) -> list[Any]:
        return []

    async def facet_results(self) -> tuple[list[Any], list[Any]]:
        return [await self._counted(each["config"]["simple"]) for each in self.get_configs()], []

    async def _counted(self, table: str) -> dict[str, Any]:
        sql = COUNT.format(sql=self.sql, table=table, limit=self.get_facet_size())
        rows = await self.ds.execute(self.database, sql, self.params, truncate=False)
        results = [self._said(row["value"], row["count"]) for row in rows]
        return {
            "name": table,
            "type": self.type,
            "results": results,
            "hideable": True,
            "toggle_url": "",
            "truncated": False,
        }

    def _said(self, value: str, count: int) -> dict[str, Any]:
        return {"value": value, "label": value, "count": count, "toggle_url": "", "selected": False}


@hookimpl
def register_facet_classes() -> list[type[Facet]]:
    return [Many]
