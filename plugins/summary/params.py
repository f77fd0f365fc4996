"""What is described, and by which quantiles."""

from pydantic import Field

from analysis.contract import Params as BaseParams


class Params(BaseParams):
    """What is described, and by which quantiles."""

    characteristics: tuple[str, ...] = Field(
        default=(), description="Codes of the characteristics that are described; empty: all that the review asks for."
    )
    group_by: str = Field(
        default="",
        description=(
            "Field by which studies are described in groups as well: a characteristic, “design”, “year”, or "
            "“rob.” and a domain. Empty: no groups."
        ),
    )
    quantile_type: int = Field(
        default=7,
        ge=1,
        le=9,
        description=(
            "Type of the quartiles after Hyndman and Fan (1996, doi:10.1080/00031305.1996.10473566): 7 is that of R "
            "and Excel, 6 of SPSS, 2 of SAS."
        ),
    )
