"""The methods that come with Quorum: each module holds one `plugin`, see docs/plugins.md."""
