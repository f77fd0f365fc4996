import django.db.models.deletion
import evidence.models.constraints
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analysis', '0001_initial'),
        ('evidence', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HistoricalRatingPolicy',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('raters_needed', models.PositiveSmallIntegerField(choices=[(1, 'one person'), (2, 'two people independently, then a consensus')], default=1, verbose_name='who rates')),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
            ],
            options={
                'verbose_name': 'historical rating of certainty',
                'verbose_name_plural': 'historical rating of certainty',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='IndependentRating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('risk_of_bias', models.PositiveSmallIntegerField(choices=[(0, '0: not serious'), (1, '1: serious'), (2, '2: very serious')], verbose_name='risk of bias, levels down')),
                ('inconsistency', models.PositiveSmallIntegerField(choices=[(0, '0: not serious'), (1, '1: serious'), (2, '2: very serious')], verbose_name='inconsistency, levels down')),
                ('indirectness', models.PositiveSmallIntegerField(choices=[(0, '0: not serious'), (1, '1: serious'), (2, '2: very serious')], verbose_name='indirectness, levels down')),
                ('imprecision', models.PositiveSmallIntegerField(choices=[(0, '0: not serious'), (1, '1: serious'), (2, '2: very serious')], verbose_name='imprecision, levels down')),
                ('publication_bias', models.PositiveSmallIntegerField(choices=[(0, '0: not serious'), (1, '1: serious'), (2, '2: very serious')], verbose_name='publication bias, levels down')),
                ('large_effect', models.PositiveSmallIntegerField(choices=[(0, '0: no'), (1, '1: one level up'), (2, '2: two levels up')], default=0, verbose_name='large effect, levels up')),
                ('dose_response', models.PositiveSmallIntegerField(choices=[(0, '0: no'), (1, '1: one level up')], default=0, verbose_name='dose-response gradient, levels up')),
                ('plausible_confounding', models.PositiveSmallIntegerField(choices=[(0, '0: no'), (1, '1: one level up')], default=0, verbose_name='plausible confounding, levels up')),
                ('start', models.CharField(choices=[('high', 'High'), ('moderate', 'Moderate'), ('low', 'Low'), ('very_low', 'Very low')], default='high', max_length=10, verbose_name='starts at')),
                ('level', models.CharField(choices=[('high', 'High'), ('moderate', 'Moderate'), ('low', 'Low'), ('very_low', 'Very low')], max_length=10, verbose_name='certainty')),
                ('justification', models.TextField(help_text='Why the evidence is rated this way, all domains together.')),
                ('departures', models.JSONField(blank=True, default=dict, help_text='Why each domain is rated other than proposed.')),
                ('rated_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['analysis', 'rated_at', 'id'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RatingPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('raters_needed', models.PositiveSmallIntegerField(choices=[(1, 'one person'), (2, 'two people independently, then a consensus')], default=1, verbose_name='who rates')),
            ],
            options={
                'verbose_name': 'rating of certainty',
                'verbose_name_plural': 'rating of certainty',
                'ordering': ['review'],
            },
        ),
        migrations.AddField(
            model_name='certainty',
            name='basis',
            field=models.CharField(choices=[('single', 'one rater'), ('consensus', 'consensus of two raters'), ('renewal', 'renewed on new results')], default='single', max_length=10),
        ),
        migrations.AddField(
            model_name='certainty',
            name='departures',
            field=models.JSONField(blank=True, default=dict, help_text='Why each domain is rated other than proposed.'),
        ),
        migrations.AddField(
            model_name='certainty',
            name='dose_response',
            field=models.PositiveSmallIntegerField(choices=[(0, '0: no'), (1, '1: one level up')], default=0, verbose_name='dose-response gradient, levels up'),
        ),
        migrations.AddField(
            model_name='certainty',
            name='large_effect',
            field=models.PositiveSmallIntegerField(choices=[(0, '0: no'), (1, '1: one level up'), (2, '2: two levels up')], default=0, verbose_name='large effect, levels up'),
        ),
        migrations.AddField(
            model_name='certainty',
            name='plausible_confounding',
            field=models.PositiveSmallIntegerField(choices=[(0, '0: no'), (1, '1: one level up')], default=0, verbose_name='plausible confounding, levels up'),
        ),
        migrations.AddField(
            model_name='certainty',
            name='renews',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='renewals', to='analysis.certainty'),
        ),
        migrations.AddField(
            model_name='certainty',
            name='start',
            field=models.CharField(choices=[('high', 'High'), ('moderate', 'Moderate'), ('low', 'Low'), ('very_low', 'Very low')], default='high', max_length=10, verbose_name='starts at'),
        ),
        migrations.AlterField(
            model_name='certainty',
            name='justification',
            field=models.TextField(help_text='Why the evidence is rated this way, all domains together.'),
        ),
        migrations.AddConstraint(
            model_name='certainty',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('large_effect__lte', 2)), field='large_effect', name='certainty_large_effect_in_range', sentence='Large effect can rate up by at most 2 levels.'),
        ),
        migrations.AddConstraint(
            model_name='certainty',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('dose_response__lte', 1)), field='dose_response', name='certainty_dose_response_in_range', sentence='Dose-response gradient can rate up by at most 1 level.'),
        ),
        migrations.AddConstraint(
            model_name='certainty',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('plausible_confounding__lte', 1)), field='plausible_confounding', name='certainty_plausible_confounding_in_range', sentence='Plausible confounding can rate up by at most 1 level.'),
        ),
        migrations.AddConstraint(
            model_name='certainty',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(models.Q(('basis', 'renewal'), ('renews__isnull', False)), models.Q(models.Q(('basis', 'renewal'), _negated=True), ('renews__isnull', True)), _connector='OR'), field='renews', name='certainty_renewal_names_what_it_renews', sentence='A renewal, and only a renewal, names the rating that it renews.'),
        ),
        migrations.AddField(
            model_name='historicalratingpolicy',
            name='history_user',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='historicalratingpolicy',
            name='review',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='evidence.review'),
        ),
        migrations.AddField(
            model_name='independentrating',
            name='analysis',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='independent_ratings', to='analysis.analysis'),
        ),
        migrations.AddField(
            model_name='independentrating',
            name='rated_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='independentrating',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='independent_ratings', to='analysis.run'),
        ),
        migrations.AddField(
            model_name='ratingpolicy',
            name='review',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='rating_policy', to='evidence.review'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('justification', ''), _negated=True), field='justification', name='independentrating_has_a_justification', sentence='Say why the evidence is rated this way.'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('risk_of_bias__lte', 2)), field='risk_of_bias', name='independentrating_risk_of_bias_at_most_two', sentence='Risk of bias can rate down by 0, 1 or 2 levels.'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('inconsistency__lte', 2)), field='inconsistency', name='independentrating_inconsistency_at_most_two', sentence='Inconsistency can rate down by 0, 1 or 2 levels.'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('indirectness__lte', 2)), field='indirectness', name='independentrating_indirectness_at_most_two', sentence='Indirectness can rate down by 0, 1 or 2 levels.'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('imprecision__lte', 2)), field='imprecision', name='independentrating_imprecision_at_most_two', sentence='Imprecision can rate down by 0, 1 or 2 levels.'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('publication_bias__lte', 2)), field='publication_bias', name='independentrating_publication_bias_at_most_two', sentence='Publication bias can rate down by 0, 1 or 2 levels.'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('large_effect__lte', 2)), field='large_effect', name='independentrating_large_effect_in_range', sentence='Large effect can rate up by at most 2 levels.'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('dose_response__lte', 1)), field='dose_response', name='independentrating_dose_response_in_range', sentence='Dose-response gradient can rate up by at most 1 level.'),
        ),
        migrations.AddConstraint(
            model_name='independentrating',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('plausible_confounding__lte', 1)), field='plausible_confounding', name='independentrating_plausible_confounding_in_range', sentence='Plausible confounding can rate up by at most 1 level.'),
        ),
        migrations.AddConstraint(
            model_name='ratingpolicy',
            constraint=evidence.models.constraints.FieldCheck(condition=models.Q(('raters_needed__in', [1, 2])), field='raters_needed', name='ratingpolicy_one_or_two_raters', sentence='One or two people rate the certainty.'),
        ),
    ]
