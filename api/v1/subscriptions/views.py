from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import partial
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common.requests import Request
from api.v1.subscriptions import serializers as shapes
from apps.analytics import queries as figures
from apps.centers.operations import subscriptions as operations
from apps.centers.queries import subscriptions as queries


class OwnerSubscriptionViewSet(GenericViewSet[Any]):
    """Plans of centers, for the owners of the platform; each center has one, under its own id."""

    resource = "owner-subscriptions"
    serializer_class = shapes.OwnerSubscriptionOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="owner_subscriptions_list", parameters=[shapes.SubscriptionFilters])
    def list(self, request: Request) -> Response:
        """The plans of all centers but archived ones, the newest center first."""
        centers = self.paginate_queryset(queries.list_subscriptions(**shapes.SubscriptionFilters.read(request)))
        return self.get_paginated_response(_shown(map(queries.describe, centers or ())))

    @extend_schema(operation_id="owner_subscriptions_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One center's plan."""
        return Response(_one(queries.get_subscription(center_id=id)))

    @extend_schema(
        operation_id="owner_subscriptions_create",
        request=shapes.NewSubscriptionIn,
        responses={201: shapes.OwnerSubscriptionOut},
    )
    def create(self, request: Request) -> Response:
        """Give a center a plan; price and dates follow the plan."""
        shape = shapes.NewSubscriptionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(_one(operations.change_plan(actor=request.user, **shape.validated_data)), status=201)

    @extend_schema(operation_id="owner_subscriptions_update", request=shapes.ChangeSubscriptionIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change plan, cycle, limits or the end of a trial. A plan that is paid for makes the center active at once."""
        shape = shapes.ChangeSubscriptionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(_one(operations.change_plan(actor=request.user, center_id=id, **shape.validated_data)))

    @extend_schema(operation_id="owner_subscriptions_upgrade", request=shapes.UpgradeIn, responses=shapes.UpgradedOut)
    @action(detail=True, methods=["post"])
    def upgrade(self, request: Request, id: uuid.UUID) -> Response:
        """The same for the plan alone, with a sentence for people."""
        shape = shapes.UpgradeIn(data=request.data)
        shape.is_valid(raise_exception=True)
        changed = operations.change_plan(actor=request.user, center_id=id, **shape.validated_data)
        detail = f"{changed.center.name} has the plan {changed.terms.title} now."
        return Response({"detail": detail, "subscription": _one(changed)})

    @extend_schema(operation_id="owner_subscriptions_history", responses=shapes.PlanChangeOut(many=True), filters=True)
    @action(detail=True)
    def history(self, request: Request, id: uuid.UUID) -> Response:
        """Every change of a center's plan, newest first."""
        rows = self.paginate_queryset(queries.history_of(center_id=id))
        return self.get_paginated_response(shapes.PlanChangeOut(rows, many=True).data)


def _shown(subscriptions: Iterable[queries.Subscription]) -> Any:
    listed = list(subscriptions)
    counted = figures.center_figures(item.center.pk for item in listed)

    def use(item: queries.Subscription) -> Any:
        return figures.use_of(item, counted.get(item.center.pk))

    return shapes.OwnerSubscriptionOut(listed, many=True, context={"use": use}).data


def _one(subscription: queries.Subscription) -> Any:
    return _shown([subscription])[0]


class MySubscriptionView(APIView):
    """The center's own plan."""

    resource = "subscriptions/my-subscription"

    @extend_schema(operation_id="my_subscription", responses=shapes.SubscriptionOut)
    def get(self, request: Request) -> Response:
        """Plan, price and dates, and each limit with what is used of it now."""
        mine = figures.own_subscription()
        use = partial(_used, mine.use)
        return Response(shapes.SubscriptionOut(mine.subscription, context={"use": use}).data)


def _used(use: Any, subscription: queries.Subscription) -> Any:
    return use


class PlansView(APIView):
    """The price list."""

    resource = "subscriptions/plans"

    @extend_schema(operation_id="plans_list", responses=shapes.PlanOut(many=True))
    def get(self, request: Request) -> Response:
        """What each plan allows and costs today."""
        return Response(shapes.PlanOut(queries.price_list(), many=True).data)
