"""Who gets in where: every address of the site, with every verb, as everybody, beside the table that says who may."""
